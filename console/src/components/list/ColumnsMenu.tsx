/** Which columns, in which order: by pointer and by key alike. */
import { Checkbox, Popover } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconLock } from "@tabler/icons-react";
import { cloneElement, useState, type ReactElement } from "react";

import { move, type Chosen } from "~/lib/columns";
import { named } from "~/lib/named";

interface ColumnsMenuProps {
  /** What each column is called, by its id. */
  headers: ReadonlyMap<string, string>;
  columns: readonly Chosen[];
  onChange: (columns: readonly Chosen[]) => void;
  button: ReactElement<{ onClick?: () => void }>;
}

export function ColumnsMenu({ headers, columns, onChange, button }: ColumnsMenuProps) {
  const [open, setOpen] = useState(false);
  const header = (id: string) => headers.get(id) ?? id;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={320} trapFocus returnFocus shadow="none">
      <Popover.Target>{cloneElement(button, { onClick: () => setOpen(!open) })}</Popover.Target>
      <Popover.Dropdown {...named("Columns")} className="columns-menu">
        <ul>
          {columns.map(({ id, shown }, at) => (
            <li key={id} className="row columns-item">
              <Checkbox
                className="grow"
                label={header(id)}
                checked={shown}
                disabled={at === 0}
                onChange={(event) =>
                  onChange(columns.map((one) => (one.id === id ? { id, shown: event.currentTarget.checked } : one)))
                }
              />
              {at === 0 ? (
                <IconLock size={16} stroke={1.75} className="ink3" aria-hidden />
              ) : (
                <>
                  <button
                    type="button"
                    className="icon-button small"
                    aria-label={`Move ${header(id)} up`}
                    disabled={at === 1}
                    onClick={() => onChange(move(columns, id, -1, 1))}
                  >
                    <IconArrowUp size={14} stroke={1.75} />
                  </button>
                  <button
                    type="button"
                    className="icon-button small"
                    aria-label={`Move ${header(id)} down`}
                    disabled={at === columns.length - 1}
                    onClick={() => onChange(move(columns, id, 1, 1))}
                  >
                    <IconArrowDown size={14} stroke={1.75} />
                  </button>
                </>
              )}
            </li>
          ))}
        </ul>
        <button type="button" className="link columns-reset" onClick={() => onChange([])}>
          Reset columns
        </button>
      </Popover.Dropdown>
    </Popover>
  );
}
