import { number } from "~/lib/time";
import { pageSpan, PAGE_SIZES } from "~/lib/view";

import type { ListState } from "./useList";

interface PagerProps {
  state: ListState;
  shown: number;
  total: number;
  exact: boolean;
  whole: number | undefined;
}

export function Pager({ state, shown, total, exact, whole }: PagerProps) {
  const { first, last, pages } = pageSpan(state.page, state.size, shown, total);
  const isLast = exact ? state.page >= pages : shown < state.size;
  const go = (page: number) => state.change({ page: page === 1 ? undefined : page }, { keepPage: true });
  const narrowed = whole !== undefined && whole !== total;
  return (
    <footer className="pager">
      <p className="grow">
        {number.format(first)}–{number.format(last)} of <b>{number.format(total)}</b>
        {exact ? "" : "+"}
        {narrowed && <span className="wide-only"> matching, {number.format(whole)} in all</span>}
      </p>
      <label className="row wide-only">
        Rows per page
        <select
          className="page-size"
          value={state.size}
          onChange={(event) => state.change({ size: Number(event.currentTarget.value) })}
        >
          {PAGE_SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
      <nav className="row" aria-label="Pages of the list">
        <button
          type="button"
          className="icon-button"
          aria-label="Previous page"
          disabled={state.page <= 1}
          onClick={() => go(state.page - 1)}
        >
          <Chevron left />
        </button>
        <span className="nowrap">
          Page {number.format(state.page)}
          {exact ? ` of ${number.format(pages)}` : ""}
        </span>
        <button type="button" className="icon-button" aria-label="Next page" disabled={isLast} onClick={() => go(state.page + 1)}>
          <Chevron />
        </button>
      </nav>
    </footer>
  );
}

function Chevron({ left = false }: { left?: boolean }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.75" aria-hidden="true">
      <path d={left ? "M10 3 5 8l5 5" : "m6 3 5 5-5 5"} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
