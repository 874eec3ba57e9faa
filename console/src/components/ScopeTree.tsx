/**
 * The organisation as a tree to pick from: a level is loaded when it is opened, and a search finds places on any level.
 * Ticking a place picks that one place; what lies below is shown as included and is not counted.
 */
import { Checkbox, Loader, TextInput } from "@mantine/core";
import { IconChevronRight, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useId, useState, type KeyboardEvent } from "react";

import { api, dataOf } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";
import { BELOW, namesAbove } from "~/lib/levels";
import { count } from "~/lib/time";

import { ReachMark } from "./marks";
import { useMore } from "./useMore";
import "./tree.css";

const PAGE = 100;

interface Picking {
  chosen: readonly string[];
  single: boolean;
  /** Why no further place can be picked; null while one can. */
  full: string | null;
  onChoose: (node: OrgUnitNode, on: boolean) => void;
}

const PickingContext = createContext<Picking>({ chosen: [], single: true, full: null, onChoose: () => undefined });

interface ScopeTreeProps {
  label: string;
  chosen: readonly string[];
  onChoose: (node: OrgUnitNode, on: boolean) => void;
  single?: boolean;
  full?: string | null;
}

const walk = (query: { parentId?: string; search?: string }) => ({
  queryKey: ["tree", query],
  staleTime: 30_000,
  initialPageParam: 0,
  queryFn: async ({ pageParam, signal }: { pageParam: number; signal: AbortSignal }) =>
    dataOf(
      await api.GET("/api/v1/org-unit/tree", {
        signal,
        params: { query: { ...query, limit: PAGE, offset: pageParam } },
      }),
    ),
  getNextPageParam: (page: { next?: number | null }) => page.next ?? undefined,
});

export function ScopeTree({ label, chosen, onChoose, single = false, full = null }: ScopeTreeProps) {
  const [text, setText] = useState("");
  const search = text.trim();
  return (
    <PickingContext.Provider value={{ chosen, single, full, onChoose }}>
      <div className="tree-picker">
        <TextInput
          aria-label="Search clusters, departments and projects"
          placeholder="Search clusters, departments and projects"
          leftSection={<IconSearch size={16} stroke={1.75} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        />
        {search ? (
          <Found label={label} search={search} />
        ) : (
          <div className="tree" role="tree" aria-label={label} aria-multiselectable={!single} onKeyDown={walkByKeys}>
            <Branch depth={0} parentId={undefined} included={null} openUntil={1} />
          </div>
        )}
      </div>
    </PickingContext.Provider>
  );
}

interface BranchProps {
  parentId: string | undefined;
  depth: number;
  /** The name of the chosen place above, which includes all of this. */
  included: string | null;
  openUntil: number;
}

function Branch({ parentId, depth, included, openUntil }: BranchProps) {
  const pages = useInfiniteQuery(walk(parentId ? { parentId } : {}));
  const nodes = pages.data?.pages.flatMap((page) => page.nodes) ?? [];
  const showMore = useMore(nodes.length, pages.fetchNextPage, (at) =>
    document.querySelector<HTMLElement>(`.tree [data-scope="${nodes[at]?.scopeId}"]`),
  );
  if (pages.isPending) return <Loader size="xs" className="tree-loading" style={{ marginLeft: depth * 20 + 12 }} />;
  if (!pages.data) return <p className="meta tree-loading">{pages.error.message}</p>;
  return (
    <>
      {nodes.map((node) => (
        <Node key={node.scopeId} node={node} depth={depth} included={included} openUntil={openUntil} />
      ))}
      {pages.hasNextPage && (
        <div
          role="treeitem"
          aria-level={depth + 1}
          aria-selected={false}
          tabIndex={-1}
          className="tree-row tree-more"
          style={{ paddingLeft: depth * 20 + 32 }}
          onClick={showMore}
        >
          <span>Show more</span>
          {pages.error && <span className="danger-text">{pages.error.message}</span>}
        </div>
      )}
      {depth === 0 && nodes.length === 0 && <p className="ink3">You see no place in the organisation.</p>}
    </>
  );
}

interface NodeProps {
  node: OrgUnitNode;
  depth: number;
  included: string | null;
  openUntil: number;
}

function Node({ node, depth, included, openUntil }: NodeProps) {
  const picking = useContext(PickingContext);
  const [open, setOpen] = useState(depth < openUntil);
  const isChosen = picking.chosen.includes(node.scopeId);
  const below = BELOW[node.scopeType];
  const hasBelow = node.childCount > 0;
  const includedBelow = included ?? (isChosen && !picking.single ? node.scopeName : null);
  const contents = below && hasBelow ? count(node.childCount, ...below) : "";
  const because = included && depth > 0 ? `included with ${included}` : "";
  return (
    <>
      <div
        role="treeitem"
        aria-level={depth + 1}
        aria-expanded={hasBelow ? open : undefined}
        aria-selected={isChosen}
        aria-label={`${[node.scopeName, contents, because].filter(Boolean).join(" ")}, ${node.scopeType}`}
        tabIndex={depth === 0 ? 0 : -1}
        className={included ? "tree-row included" : "tree-row"}
        style={{ paddingLeft: depth * 20 }}
        data-open={open}
        data-scope={node.scopeId}
        onClick={() => !included && choose(picking, node, !isChosen)}
      >
        <button
          type="button"
          tabIndex={-1}
          className="tree-fold"
          aria-label={`${open ? "Close" : "Open"} ${node.scopeName}`}
          style={{ visibility: hasBelow ? "visible" : "hidden" }}
          onClick={(event) => {
            event.stopPropagation();
            setOpen(!open);
          }}
        >
          <IconChevronRight size={16} stroke={1.75} className={open ? "turned" : undefined} aria-hidden />
        </button>
        <Box node={node} isChosen={isChosen} included={included} />
        <ReachMark type={node.scopeType} />
        <span className={isChosen ? "tree-name chosen" : "tree-name"}>{node.scopeName}</span>
        {" "}
        {contents && <span className="meta">{contents}</span>} {because && <span className="meta tree-included">{because}</span>}
      </div>
      {hasBelow && open && (
        <Branch parentId={node.scopeId} depth={depth + 1} included={includedBelow} openUntil={openUntil} />
      )}
    </>
  );
}

function choose(picking: Picking, node: OrgUnitNode, on: boolean) {
  if (on && picking.full) return;
  picking.onChoose(node, on);
}

function Box({ node, isChosen, included }: { node: OrgUnitNode; isChosen: boolean; included: string | null }) {
  const picking = useContext(PickingContext);
  const disabled = included !== null || (!isChosen && picking.full !== null);
  return (
    <Checkbox
      tabIndex={-1}
      aria-label={`Choose ${node.scopeName}`}
      checked={isChosen || included !== null}
      disabled={disabled}
      data-tip={!included && !isChosen && picking.full ? picking.full : undefined}
      onClick={(event) => event.stopPropagation()}
      onChange={(event) => choose(picking, node, event.currentTarget.checked)}
    />
  );
}

function Found({ label, search }: { label: string; search: string }) {
  const picking = useContext(PickingContext);
  const id = useId();
  const found = useQuery({
    queryKey: ["tree", { search }],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET("/api/v1/org-unit/tree", { signal, params: { query: { search, limit: PAGE } } })),
  });
  const nodes = found.data?.nodes ?? [];
  return (
    <ul className="tree" aria-label={label} id={id}>
      {nodes.map((node) => {
        const isChosen = picking.chosen.includes(node.scopeId);
        return (
          <li key={node.scopeId} className="tree-row found" onClick={() => choose(picking, node, !isChosen)}>
            <Box node={node} isChosen={isChosen} included={null} />
            <ReachMark type={node.scopeType} />
            <span className={isChosen ? "tree-name chosen" : "tree-name"}>{node.scopeName}</span>
            <span className="meta cut">{namesAbove(node.scopePath)}</span>
          </li>
        );
      })}
      {found.isSuccess && nodes.length === 0 && <li className="ink3">No place is called that.</li>}
    </ul>
  );
}

/** Arrows walk and fold, Space and Enter pick: the keys of a tree (WAI-ARIA APG). */
function walkByKeys(event: KeyboardEvent<HTMLDivElement>) {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="treeitem"]')];
  const from = items.findIndex((item) => item.contains(document.activeElement));
  const item = items[from];
  if (!item) return;
  const fold = item.querySelector<HTMLElement>(".tree-fold");
  const isOpen = item.getAttribute("aria-expanded");
  switch (event.key) {
    case "ArrowDown":
      items[from + 1]?.focus();
      break;
    case "ArrowUp":
      items[from - 1]?.focus();
      break;
    case "Home":
      items[0]?.focus();
      break;
    case "End":
      items.at(-1)?.focus();
      break;
    case "ArrowRight":
      if (isOpen === "false") fold?.click();
      else if (isOpen === "true") items[from + 1]?.focus();
      break;
    case "ArrowLeft":
      if (isOpen === "true") fold?.click();
      else {
        const level = Number(item.getAttribute("aria-level"));
        items.slice(0, from).findLast((one) => Number(one.getAttribute("aria-level")) < level)?.focus();
      }
      break;
    case " ":
    case "Enter":
      item.click();
      break;
    default:
      return;
  }
  event.preventDefault();
  event.stopPropagation();
}
