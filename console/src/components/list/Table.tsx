/**
 * A plain table: the server sorts, filters and pages, so all that is left is to show a page well.
 * Roles are spelled out because a narrow screen lays rows out as blocks, which would take a table's meaning away.
 */
import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useRef, useState, type KeyboardEvent } from "react";

import { letterKeys } from "~/lib/keys";
import { nextSort, readOrder } from "~/lib/view";

import type { Selection } from "./selection";
import type { Column, ListSpec, RowAction } from "./spec";

interface TableProps<Row> {
  spec: ListSpec<Row>;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  sort: string;
  onSort: (sort: string) => void;
  compact: boolean;
  /** None: nothing can be done with rows, hence no boxes. */
  selection: Selection<Row> | null;
  actions: readonly RowAction<Row>[];
  onOpen?: ((row: Row) => void) | undefined;
  openId?: string | undefined;
  onEscape: () => void;
}

export function Table<Row>(props: TableProps<Row>) {
  const { spec, columns, rows, sort, onSort, compact, selection, actions, onOpen, openId, onEscape } = props;
  const [active, setActive] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const current = Math.min(active, rows.length - 1);
  const order = readOrder(sort);
  const pageIsSelected = selection !== null && rows.every(selection.has);
  const someSelected = selection !== null && rows.some(selection.has);

  const focusRow = (at: number) => {
    setActive(at);
    body.current?.rows[at]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const onRow = event.target instanceof HTMLTableRowElement;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^[a-z]$/.test(key) && !letterKeys.areOn()) return;
    const step = key === "ArrowDown" || key === "j" ? 1 : key === "ArrowUp" || key === "k" ? -1 : 0;
    if (step) {
      const to = Math.max(0, Math.min(rows.length - 1, current + step));
      const next = rows[to];
      if (event.shiftKey && selection && next) selection.toggleMany([row, next], true);
      focusRow(to);
    } else if (key === "Home" || key === "End") focusRow(key === "Home" ? 0 : rows.length - 1);
    else if (key === " " && onRow && selection) selection.toggle(row);
    else if (key === "Enter" && onRow && onOpen) onOpen(row);
    else if (key === "Escape") onEscape();
    else if (onRow) {
      const chosen = selection?.rows.length ? selection.rows : [row];
      const action = actions.find((one) => one.hotkey === key && (one.many || chosen.length === 1));
      if (!action?.offered(chosen)) return;
      action.run(chosen);
    } else return;
    event.preventDefault();
  };

  return (
    <table role="table" className={compact ? "list compact" : "list"} aria-label={spec.title}>
      <colgroup>
        {selection && <col style={{ width: 44 }} />}
        {columns.map(({ id, width, grows }) => (
          <col key={id} style={grows ? { minWidth: width } : { width }} />
        ))}
      </colgroup>
      <thead role="rowgroup">
        <tr role="row">
          {selection && (
            <th role="columnheader" scope="col" className="select-cell">
              <Checkbox
                aria-label="Select this page"
                checked={pageIsSelected}
                indeterminate={someSelected && !pageIsSelected}
                onChange={(event) => selection.toggleMany(rows, event.currentTarget.checked)}
              />
            </th>
          )}
          {columns.map((column) => (
            <HeaderCell key={column.id} column={column} order={order} onSort={(field) => onSort(nextSort(sort, field))} />
          ))}
        </tr>
      </thead>
      <tbody ref={body} role="rowgroup" onKeyDown={onKeyDown}>
        {rows.map((row, at) => {
          const id = spec.rowId(row);
          const selected = selection?.has(row) ?? false;
          const names = [
            selected && "selected",
            id === openId && "opened",
            spec.isQuiet?.(row) && "quiet",
          ];
          return (
            <tr
              key={id}
              role="row"
              data-row={id}
              tabIndex={at === current ? 0 : -1}
              className={names.filter(Boolean).join(" ") || undefined}
              aria-label={spec.rowName(row)}
              onFocus={() => setActive(at)}
            >
              {selection && (
                <td role="cell" className="select-cell">
                  <Checkbox
                    aria-label={`Select ${spec.rowName(row)}`}
                    tabIndex={at === current ? 0 : -1}
                    checked={selected}
                    onChange={(event) => selection.toggle(row, event.currentTarget.checked)}
                  />
                </td>
              )}
              {columns.map((column) => (
                <td
                  key={column.id}
                  role="cell"
                  className={cellClass(column)}
                >
                  <div className="cell">{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function cellClass<Row>({ phone, numeric }: Column<Row>): string {
  return [phone ? `phone-${phone}` : "phone-none", numeric && "numeric"].filter(Boolean).join(" ");
}

interface HeaderCellProps<Row> {
  column: Column<Row>;
  order: { field: string; descending: boolean };
  onSort: (field: string) => void;
}

function HeaderCell<Row>({ column, order, onSort }: HeaderCellProps<Row>) {
  const { header, sort } = column;
  const sorts = sort !== undefined && sort === order.field;
  const direction = order.descending ? "descending" : "ascending";
  return (
    <th
      role="columnheader"
      scope="col"
      className={cellClass(column)}
      aria-sort={sort === undefined ? undefined : sorts ? direction : "none"}
    >
      {sort === undefined ? (
        header
      ) : (
        <button type="button" className="plain sort-button" onClick={() => onSort(sort)}>
          {header}
          {sorts &&
            (order.descending ? (
              <IconArrowDown size={14} stroke={1.75} aria-hidden />
            ) : (
              <IconArrowUp size={14} stroke={1.75} aria-hidden />
            ))}
        </button>
      )}
    </th>
  );
}

export function TableSkeleton<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <table className="list skeleton" aria-hidden="true">
      <colgroup>
        <col style={{ width: 44 }} />
        {columns.map(({ id, width, grows }) => (
          <col key={id} style={grows ? { minWidth: width } : { width }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <th />
          {columns.map(({ id, header }) => (
            <th key={id}>{header}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: 12 }, (_, row) => (
          <tr key={row}>
            <td />
            {columns.map(({ id }, at) => (
              <td key={id}>
                <div className="bone" style={{ width: `${45 + ((row * 7 + at * 13) % 40)}%` }} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
