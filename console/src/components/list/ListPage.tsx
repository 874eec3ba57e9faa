/** A page that is a table: the same for every list. */
import { Button, Menu } from "@mantine/core";
import { IconCheck, IconColumns3, IconDots, IconDownload, IconLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ComponentPropsWithRef, type ReactNode } from "react";

import { Page } from "~/components/Page";
import { Failed, State } from "~/components/states";
import { toast } from "~/components/toasts";
import { memory, reconcile, type Chosen } from "~/lib/columns";
import { copyText } from "~/lib/copy";
import { dialogIsOpen, isTyping, letterKeys } from "~/lib/keys";
import { count, number } from "~/lib/time";
import { pageSpan, PAGE_SIZES, readOrder } from "~/lib/view";

import { Chips } from "./Chips";
import { download } from "./download";
import { SearchField } from "./SearchField";
import { useSelection, type Selection } from "./selection";
import type { ListSpec, RowAction } from "./spec";
import { Table, TableSkeleton } from "./Table";
import { requestOf, useListData, useListState, type ListState } from "./useList";
import "./list.css";

const ColumnsMenu = lazy(() => import("./ColumnsMenu").then((room) => ({ default: room.ColumnsMenu })));
const MOST_AT_ONCE = 500;

interface ListPageProps<Row> {
  spec: ListSpec<Row>;
  actions?: readonly RowAction<Row>[];
  primary?: ReactNode;
  onNew?: () => void;
  note?: ReactNode;
  /** Enter, or a click on the name. */
  onOpen?: (row: Row) => void;
  openId?: string;
  /** Beside the table, and over it on a narrow screen. */
  drawer?: (rows: readonly Row[]) => ReactNode;
  /** Between the tools and the table. */
  banner?: ReactNode;
  children?: ReactNode;
}

export function ListPage<Row>({
  spec,
  actions = [],
  primary,
  onNew,
  note,
  onOpen,
  openId,
  drawer,
  banner,
  children,
}: ListPageProps<Row>) {
  const state = useListState(spec);
  const { list, whole } = useListData(spec, state);
  const [columns, setColumns] = useColumns(spec);
  const [compact, setCompact] = useRemembered(`keystead.${spec.id}.compact`, false);
  const [adding, setAdding] = useState(false);
  const searchField = useRef<HTMLInputElement>(null);
  const selection = useSelection(spec.rowId);
  const rows = useMemo(() => list.data?.rows ?? [], [list.data]);
  const shown = useMemo(() => columns.filter((one) => one.shown).flatMap((one) => column(spec, one.id)), [columns, spec]);
  const headers = useMemo(() => new Map(spec.columns.map(({ id, header }) => [id, header])), [spec]);
  const scope = useMemo(() => JSON.stringify([state.filters, state.search]), [state.filters, state.search]);
  const { clear, renew } = selection;
  const view = JSON.stringify(requestOf(spec, state));

  useEffect(() => clear(), [scope, clear]);
  useEffect(() => {
    if (list.data && !list.isPlaceholderData) renew(view, list.data.rows);
  }, [view, list.data, list.isPlaceholderData, renew]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogIsOpen()) return;
      if (!letterKeys.areOn()) return;
      if (event.key === "/" && spec.searchable !== false) searchField.current?.focus();
      else if (event.key === "f" && spec.filters.length) setAdding(true);
      else if (event.key === "n" && onNew) onNew();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [spec, onNew]);

  const selectAll = async () => {
    const request = { ...requestOf(spec, state), limit: MOST_AT_ONCE, offset: 0 };
    selection.set((await spec.load(request, new AbortController().signal)).rows);
  };
  const onSort = (sort: string) => state.change({ sort: sort === spec.defaultSort ? undefined : sort });
  const step = useCallback(() => {
    if (openId) state.change({ open: undefined }, { keepPage: true });
    else if (selection.rows.length) clear();
  }, [openId, state, selection.rows.length, clear]);

  return (
    <Page title={spec.title} primary={primary} note={note} wide>
      <div className="tools">
        {spec.searchable !== false && (
          <SearchField ref={searchField} value={state.search} onSearch={(q) => state.change({ q: q || undefined }, { replace: true })} />
        )}
        {spec.filters.length > 0 && (
          <Chips
            fields={spec.filters}
            filters={state.filters}
            onChange={state.setFilters}
            adding={adding}
            onAdding={setAdding}
          />
        )}
        <div className="tools-right">
          <Suspense fallback={<ColumnsButton />}>
            <ColumnsMenu headers={headers} columns={columns} onChange={setColumns} button={<ColumnsButton />} />
          </Suspense>
          <MoreMenu spec={spec} state={state} columns={columns} compact={compact} onCompact={setCompact} />
        </div>
      </div>
      {banner}
      <StatusLine
        spec={spec}
        total={list.data?.total}
        exact={list.data?.exact ?? true}
        whole={whole?.total}
        wholeExact={whole?.exact ?? true}
        selection={selection}
        actions={actions}
        pageRows={rows}
        onSelectAll={() => void selectAll()}
        sort={state.sort}
        onSort={onSort}
      />
      <div className={list.isPlaceholderData ? "table-frame waiting" : "table-frame"}>
        {list.isPending ? (
          <TableSkeleton columns={shown} />
        ) : list.isError ? (
          <Failed error={list.error} title="The list could not be loaded" onRetry={() => void list.refetch()} />
        ) : rows.length > 0 ? (
          <Table
            spec={spec}
            columns={shown}
            rows={rows}
            sort={state.sort}
            onSort={onSort}
            compact={compact}
            selection={actions.length ? selection : null}
            actions={actions}
            onOpen={onOpen}
            openId={openId}
            onEscape={step}
          />
        ) : state.filters.length || state.search ? (
          <NoMatch spec={spec} state={state} />
        ) : state.page > 1 ? (
          <State title="This page is past the end" actions={<Button variant="default" onClick={() => state.change({})}>First page</Button>} />
        ) : (
          spec.empty
        )}
      </div>
      <Pager state={state} shown={rows.length} total={list.data?.total ?? 0} exact={list.data?.exact ?? true} whole={whole?.total} />
      {drawer?.(rows)}
      {children}
    </Page>
  );
}

const column = <Row,>(spec: ListSpec<Row>, id: string) => spec.columns.filter((one) => one.id === id);

function useRemembered<T>(key: string, fallback: T) {
  const [value, setValue] = useState<T>(() => memory.read(key, fallback));
  const set = (next: T) => {
    memory.write(key, next);
    setValue(next);
  };
  return [value, set] as const;
}

function useColumns<Row>(spec: ListSpec<Row>) {
  const defaults = spec.columns.map(({ id, optional }) => ({ id, shown: !optional }));
  const [remembered, remember] = useRemembered<readonly Chosen[]>(`keystead.${spec.id}.columns`, []);
  return [reconcile(remembered, defaults), remember] as const;
}

/** The menu behind it comes later than the button, and gives it what opens it. */
function ColumnsButton(props: ComponentPropsWithRef<"button">) {
  return (
    <Button
      variant="default"
      className="tool-columns"
      aria-label="Columns"
      leftSection={<IconColumns3 size={16} stroke={1.75} />}
      {...props}
    >
      <span className="wide-only">Columns</span>
    </Button>
  );
}

interface MoreMenuProps<Row> {
  spec: ListSpec<Row>;
  state: ListState;
  columns: readonly Chosen[];
  compact: boolean;
  onCompact: (compact: boolean) => void;
}

function MoreMenu<Row>({ spec, state, columns, compact, onCompact }: MoreMenuProps<Row>) {
  const copyLink = async () => {
    const done = await copyText(location.href);
    toast(done ? { text: "Link copied" } : { text: "The link is in the address bar", tone: "warn" });
  };
  return (
    <Menu position="bottom-end" width={212} shadow="none">
      <Menu.Target>
        <Button variant="default" className="tool-more" aria-label="More" leftSection={<IconDots size={16} stroke={1.75} />}>
          <span className="wide-only">More</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {spec.csv && (
          <Menu.Item
            leftSection={<IconDownload size={16} stroke={1.75} />}
            onClick={() => void download(spec, requestOf(spec, state), columns)}
          >
            Download as CSV
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLink size={16} stroke={1.75} />} onClick={() => void copyLink()}>
          Copy link to this view
        </Menu.Item>
        <Menu.Divider />
        <Menu.RadioGroup
          aria-label="Rows"
          value={compact ? "compact" : "standard"}
          onChange={(value) => onCompact(value === "compact")}
        >
          {["standard", "compact"].map((value) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick checkIcon={<IconCheck size={16} stroke={1.75} />}>
              {value === "compact" ? "Compact rows" : "Standard rows"}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

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
  sort: string;
  onSort: (sort: string) => void;
}

/** Always there, so that selecting moves nothing: counts and keys, or what can be done with what is selected. */
function StatusLine<Row>(props: StatusLineProps<Row>) {
  const { spec, total, exact, whole, wholeExact, selection, actions, pageRows, onSelectAll, sort, onSort } = props;
  const selected = selection.rows;
  const about = `${number.format(total ?? 0)}${exact ? "" : "+"}`;
  const of = whole !== undefined && whole !== total ? ` of ${number.format(whole)}${wholeExact ? "" : "+"}` : "";
  const noun = (whole ?? total) === 1 ? spec.noun.one : spec.noun.many;
  const said = total === undefined ? "" : `${about}${of} ${noun}`;
  const offerAll =
    total !== undefined && selected.length > 0 && selected.length === pageRows.length && total > pageRows.length;
  const [single] = selected;
  const offered = actions.filter(
    (action) => !action.keyOnly && (action.many || selected.length === 1) && action.offered(selected),
  );
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
              <kbd>↑ ↓</kbd> move <kbd>Space</kbd> select <kbd>Enter</kbd> open
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
        {selected.length > 0 && (
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

/** Names the filter to drop, and says in a later, separate question what would match without it. */
function NoMatch<Row>({ spec, state }: { spec: ListSpec<Row>; state: ListState }) {
  const last = state.filters.at(-1);
  const field = spec.filters.find((one) => one.field === last?.field);
  const fewer = requestOf(spec, { ...state, filters: state.filters.slice(0, -1) });
  const without = useQuery({
    queryKey: [spec.id, "without", fewer, spec.key],
    enabled: last !== undefined,
    queryFn: ({ signal }) => spec.load({ ...fewer, limit: 1, offset: 0 }, signal),
  });
  const clearAll = () => state.change({ f: undefined, q: undefined });
  const containing = state.search ? ` “${state.search}”` : "";
  const others = without.data?.total;
  return (
    <State
      title={`No ${spec.noun.one} matches`}
      actions={
        <>
          {last && (
            <Button variant="default" onClick={() => state.setFilters(state.filters.slice(0, -1))}>
              Remove that filter
            </Button>
          )}
          <button type="button" className="link" onClick={clearAll}>
            Clear all
          </button>
        </>
      }
    >
      {last && field ? (
        <p>
          Without the filter {field.label}
          {others === undefined ? " there may be some" : `, ${count(others, spec.noun.one, spec.noun.many)} ${others === 1 ? "matches" : "match"}`}
          {containing}.
        </p>
      ) : (
        <p>Nothing contains{containing}.</p>
      )}
    </State>
  );
}

interface PagerProps {
  state: ListState;
  shown: number;
  total: number;
  exact: boolean;
  whole: number | undefined;
}

function Pager({ state, shown, total, exact, whole }: PagerProps) {
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

