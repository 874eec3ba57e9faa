import { count, number } from "~/lib/time";
import { readOrder } from "~/lib/view";

import { ActionBar } from "./ActionBar";
import type { Selection } from "./selection";
import type { ListSpec, RowAction } from "./spec";

interface StatusLineProps<Row> {
  spec: ListSpec<Row>;
  total: number | undefined;
  exact: boolean;
  whole: number | undefined;
  wholeExact: boolean;
  selection: Selection<Row>;
  actions: readonly RowAction<Row>[];
  pageRows: readonly Row[];
  onSelectAll: () => void;
  /** Rows open to more. */
  opens: boolean;
  sort: string;
  onSort: (sort: string) => void;
}

/** Always there, so that selecting moves nothing: counts and keys, or what can be done with what is selected. */
export function StatusLine<Row>(props: StatusLineProps<Row>) {
  const { spec, total, exact, whole, wholeExact, selection, actions, pageRows, onSelectAll, opens, sort, onSort } = props;
  const selected = selection.rows;
  const about = `${number.format(total ?? 0)}${exact ? "" : "+"}`;
  const of = whole !== undefined && whole !== total ? ` of ${number.format(whole)}${wholeExact ? "" : "+"}` : "";
  const noun = (whole ?? total) === 1 ? spec.noun.one : spec.noun.many;
  const said = total === undefined ? "" : `${about}${of} ${noun}`;
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite">
        {selected.length ? `${count(selected.length, spec.noun.one, spec.noun.many)} selected` : said && `${said}, ${sortWords(spec, sort)}`}
      </div>
      <div className="status-frame">
        <div className="status-line">
          <p>
            {total !== undefined && (
              <>
                <b>{about}</b>
                {of} <span className={of ? "wide-only" : undefined}>{noun}</span>
              </>
            )}
          </p>
          {actions.length > 0 && (
            <p className="key-hints" aria-hidden="true">
              <kbd>↑ ↓</kbd> move <kbd>Space</kbd> select{" "}
              {opens && (
                <>
                  <kbd>Enter</kbd> open
                </>
              )}
            </p>
          )}
          <select className="plain-select phone-only" aria-label="Sort" value={sort} onChange={(event) => onSort(event.currentTarget.value)}>
            {spec.columns
              .filter((one) => one.sort !== undefined)
              .flatMap((one) => [
                <option key={one.id} value={one.sort}>
                  {one.header}, up
                </option>,
                <option key={`-${one.id}`} value={`-${one.sort}`}>
                  {one.header}, down
                </option>,
              ])}
          </select>
        </div>
        {selection.rows.length > 0 && (
          <ActionBar
            spec={spec}
            selection={selection}
            actions={actions}
            total={total}
            pageRows={pageRows.length}
            onSelectAll={onSelectAll}
          />
        )}
      </div>
    </>
  );
}

/** "sorted by Last login, down": what the header's arrow shows. */
function sortWords<Row>(spec: ListSpec<Row>, sort: string): string {
  const { field, descending } = readOrder(sort);
  const header = spec.columns.find((one) => one.sort === field)?.header ?? field;
  return `sorted by ${header}, ${descending ? "down" : "up"}`;
}
