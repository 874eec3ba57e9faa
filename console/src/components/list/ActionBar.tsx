import { number } from "~/lib/time";

import type { Selection } from "./selection";
import type { ListSpec, RowAction } from "./spec";

export const MOST_AT_ONCE = 500;

interface ActionBarProps<Row> {
  spec: ListSpec<Row>;
  selection: Selection<Row>;
  actions: readonly RowAction<Row>[];
  total: number | undefined;
  /** How many rows the page has. */
  pageRows: number;
  onSelectAll: () => void;
}

/** What can be done with what is selected. */
export function ActionBar<Row>({ spec, selection, actions, total, pageRows, onSelectAll }: ActionBarProps<Row>) {
  const selected = selection.rows;
  const [single] = selected;
  const offerAll = total !== undefined && selected.length === pageRows && total > pageRows;
  const offered = actions.filter(
    (action) => !action.keyOnly && (action.many || selected.length === 1) && action.offered(selected),
  );
  return (
      <div className="action-bar" role="toolbar" aria-label="Actions on what is selected">
        <span className="action-count">
          <span className="wide-only">{number.format(selected.length)} selected</span>
          <span className="phone-only">
            {single && selected.length === 1 ? spec.rowName(single) : `${selected.length} selected`}
          </span>
        </span>
        {offerAll && (
          <button type="button" className="link" onClick={onSelectAll}>
            {total > MOST_AT_ONCE ? `Select the first ${MOST_AT_ONCE}` : `Select all ${number.format(total)}`}
          </button>
        )}
        <div className="action-list">
          {offered.map((action) => (
            <button
              key={action.key}
              type="button"
              className={["action", action.danger && "danger", action.aside && "aside"].filter(Boolean).join(" ")}
              onClick={() => action.run(selected)}
            >
              <action.icon size={16} stroke={1.75} aria-hidden />
              {action.label(selected)}
            </button>
          ))}
          {offered.length === 0 && <span className="ink2">Nothing that you may do with {selected.length === 1 ? "it" : "all of them"}.</span>}
        </div>
        <button type="button" className="action clear" onClick={selection.clear}>
          Clear <kbd className="wide-only">Esc</kbd>
        </button>
      </div>
  );
}
