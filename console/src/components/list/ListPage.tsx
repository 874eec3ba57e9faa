/** A page that is a table: the same for every list. */
import { Button } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ComponentPropsWithRef, type ReactNode } from "react";

import { NewButton } from "~/components/NewButton";
import { Page } from "~/components/Page";
import { Failed, State } from "~/components/states";
import { memory, reconcile, type Chosen } from "~/lib/columns";
import { dialogIsOpen, isTyping, letterKeys } from "~/lib/keys";

import { MOST_AT_ONCE } from "./ActionBar";
import { Chips } from "./Chips";
import { MoreMenu } from "./MoreMenu";
import { NoMatch } from "./NoMatch";
import { Pager } from "./Pager";
import { SearchField } from "./SearchField";
import { useSelection } from "./selection";
import type { ListSpec, RowAction } from "./spec";
import { StatusLine } from "./StatusLine";
import { Table, TableSkeleton } from "./Table";
import { requestOf, useListData, useListState } from "./useList";
import "./list.css";

const ColumnsMenu = lazy(() => import("./ColumnsMenu").then((room) => ({ default: room.ColumnsMenu })));

interface ListPageProps<Row> {
  spec: ListSpec<Row>;
  actions?: readonly RowAction<Row>[];
  /** The primary button and the letter N: what makes a new row, for those who may. */
  create?: { label: string; run: () => void } | false;
  /** In the place of it: another button. */
  primary?: ReactNode;
  note?: ReactNode;
  /** Enter, or a click on the name. */
  onOpen?: (row: Row) => void;
  openId?: string | undefined;
  onClose?: () => void;
  /** Beside the table, and over it on a narrow screen. */
  drawer?: (rows: readonly Row[]) => ReactNode;
  /** Between the tools and the table. */
  banner?: ReactNode;
  children?: ReactNode;
}

export function ListPage<Row>({
  spec,
  actions = [],
  create,
  primary,
  note,
  onOpen,
  openId,
  onClose,
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
      else if (event.key === "n" && create) create.run();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [spec, create]);

  const selectAll = async () => {
    const request = { ...requestOf(spec, state), limit: MOST_AT_ONCE, offset: 0 };
    selection.set((await spec.load(request, new AbortController().signal)).rows);
  };
  const onSort = (sort: string) => state.change({ sort: sort === spec.defaultSort ? undefined : sort });
  const step = useCallback(() => {
    if (openId) onClose?.();
    else if (selection.rows.length) clear();
  }, [openId, onClose, selection.rows.length, clear]);

  return (
    <Page title={spec.title} primary={create ? <NewButton label={create.label} onClick={create.run} /> : primary} note={note} wide>
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
        opens={onOpen !== undefined}
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
