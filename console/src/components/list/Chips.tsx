/** The filters of a view: chips of column, operator and value, each part of which opens the editor. */
import { Popover, TextInput } from "@mantine/core";
import {
  IconAbc,
  IconCalendar,
  IconClock,
  IconHash,
  IconHourglass,
  IconId,
  IconPlus,
  IconSearch,
  IconSitemap,
  IconToggleLeft,
  IconUser,
  IconX,
  type Icon,
} from "@tabler/icons-react";
import { lazy, Suspense, useId, useState, type KeyboardEvent } from "react";

import { chipValue, operatorOf, type Filter, type FilterField, type FilterKind } from "~/lib/filters";
import { useNames } from "~/components/names";
import { named } from "~/lib/named";

const FilterEditor = lazy(() => import("./FilterEditor").then((room) => ({ default: room.FilterEditor })));

const KINDS: Record<FilterKind, { icon: Icon; words: string }> = {
  text: { icon: IconAbc, words: "text" },
  date: { icon: IconCalendar, words: "date" },
  age: { icon: IconHourglass, words: "duration" },
  number: { icon: IconHash, words: "number" },
  person: { icon: IconUser, words: "person" },
  role: { icon: IconId, words: "list" },
  choice: { icon: IconClock, words: "list" },
  status: { icon: IconToggleLeft, words: "list" },
  scope: { icon: IconSitemap, words: "tree" },
};

interface ChipsProps {
  fields: readonly FilterField[];
  filters: readonly Filter[];
  onChange: (filters: readonly Filter[]) => void;
  adding: boolean;
  onAdding: (adding: boolean) => void;
}

export function Chips({ fields, filters, onChange, adding, onAdding }: ChipsProps) {
  const replace = (at: number, filter: Filter) => onChange(filters.map((one, index) => (index === at ? filter : one)));
  return (
    <div className="chips">
      {filters.map((filter, at) => {
        const field = fields.find((one) => one.field === filter.field);
        if (!field) return null;
        return (
          <Chip
            key={`${at}-${filter.field}`}
            field={field}
            filter={filter}
            onChange={(next) => replace(at, next)}
            onRemove={() => onChange(filters.filter((_, index) => index !== at))}
          />
        );
      })}
      <AddFilter fields={fields} open={adding} onOpen={onAdding} onAdd={(filter) => onChange([...filters, filter])} />
    </div>
  );
}

interface ChipProps {
  field: FilterField;
  filter: Filter;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

function Chip({ field, filter, onChange, onRemove }: ChipProps) {
  const [open, setOpen] = useState(false);
  const names = useNames(field, filter.values);
  const operator = operatorOf(field, filter);
  const value = operator.fixed === undefined ? chipValue(field, filter, names) : null;
  const edit = () => setOpen(true);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" width={352} trapFocus returnFocus shadow="none">
      <Popover.Target>
        <div className="chip" role="group" aria-label={`Filter: ${field.label} ${operator.words} ${value ?? ""}`}>
          <button type="button" onClick={edit}>
            {field.label}
          </button>
          <button type="button" onClick={edit}>
            {operator.words}
          </button>
          {value !== null && (
            <button type="button" className="chip-value" onClick={edit}>
              {value}
            </button>
          )}
          <button type="button" className="chip-remove" aria-label={`Remove filter ${field.label}`} onClick={onRemove}>
            <IconX size={14} stroke={1.75} />
          </button>
        </div>
      </Popover.Target>
      <Popover.Dropdown className="filter-editor" {...named(`Filter by ${field.label}`)}>
        <Suspense fallback={null}>
          <FilterEditor
            field={field}
            filter={filter}
            onCancel={() => setOpen(false)}
            onApply={(next) => {
              setOpen(false);
              onChange(next);
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

interface AddFilterProps {
  fields: readonly FilterField[];
  open: boolean;
  onOpen: (open: boolean) => void;
  onAdd: (filter: Filter) => void;
}

function AddFilter({ fields, open, onOpen, onAdd }: AddFilterProps) {
  const [field, setField] = useState<FilterField | null>(null);
  const close = () => {
    onOpen(false);
    setField(null);
  };
  return (
    <Popover
      opened={open}
      onChange={(opened) => (opened ? onOpen(true) : close())}
      position="bottom-start"
      width={352}
      trapFocus
      returnFocus
      shadow="none"
    >
      <Popover.Target>
        <button type="button" className="add-filter" aria-expanded={open} onClick={() => (open ? close() : onOpen(true))}>
          <IconPlus size={16} stroke={1.75} aria-hidden />
          Add filter
        </button>
      </Popover.Target>
      <Popover.Dropdown className="filter-editor" {...named(field ? `Filter by ${field.label}` : "Choose a column")}>
        {field ? (
          <Suspense fallback={null}>
            <FilterEditor
              field={field}
              filter={null}
              onCancel={() => setField(null)}
              onApply={(filter) => {
                close();
                onAdd(filter);
              }}
            />
          </Suspense>
        ) : (
          <FieldList fields={fields} onChoose={setField} />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function FieldList({ fields, onChoose }: { fields: readonly FilterField[]; onChoose: (field: FilterField) => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const found = fields.filter((field) => field.label.toLowerCase().includes(text.trim().toLowerCase()));
  const chosen = Math.min(at, found.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const field = found[chosen];
    if (step !== undefined) setAt((chosen + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter" && field) onChoose(field);
    else return;
    event.preventDefault();
  };
  return (
    <div className="filter-body">
      <TextInput
        aria-label="Column"
        placeholder="Column"
        data-autofocus
        leftSection={<IconSearch size={16} stroke={1.75} />}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={id} role="listbox" aria-label="Columns" className="field-list">
        {found.map((field, index) => {
          const { icon: Sign, words } = KINDS[field.kind];
          return (
            <li
              key={field.field + field.label}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === chosen}
              className="field-option"
              onPointerMove={() => setAt(index)}
              onClick={() => onChoose(field)}
            >
              <Sign size={16} stroke={1.75} className="ink2" aria-hidden />
              <span className="grow">{field.label}</span>
              <span className="meta">{words}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
