/** A level of the tree, a page of places at a time; each opens to the level below it. */
import { IconChevronRight } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { api, dataOf } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";
import { ErrorLine } from "~/components/ErrorLine";
import { ReachMark } from "~/components/marks";
import { Empty, Failed } from "~/components/states";
import { useMore } from "~/components/useMore";
import { BELOW, LEVEL_WORD } from "~/lib/levels";
import { count } from "~/lib/time";

import { PlaceMenu, type OnWanted } from "./PlaceMenu";

const PAGE = 100;

interface LevelProps {
  parentId: string | undefined;
  depth: number;
  onWanted: OnWanted;
}

export function Level({ parentId, depth, onWanted }: LevelProps) {
  const pages = useInfiniteQuery({
    queryKey: ["tree", parentId ? { parentId } : {}],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET("/api/v1/org-unit/tree", {
          signal,
          params: { query: { ...(parentId ? { parentId } : {}), limit: PAGE, offset: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const list = useRef<HTMLUListElement>(null);
  const nodes = pages.data?.pages.flatMap((page) => page.nodes) ?? [];
  const showMore = useMore(nodes.length, pages.fetchNextPage, (at) =>
    list.current?.querySelector<HTMLElement>(`[data-scope="${nodes[at]?.scopeId}"] button`),
  );
  if (pages.error && !pages.data) {
    return <Failed error={pages.error} title="The organisation could not be loaded" onRetry={() => void pages.refetch()} />;
  }
  if (!pages.data) return <div className="org-waiting" />;
  if (depth === 0 && nodes.length === 0) return <Empty title="You see no place" what="Places appear once you hold a role in them." />;
  return (
    <ul ref={list} className="org-level" aria-label={depth === 0 ? "Organisation" : undefined}>
      {nodes.map((node) => (
        <Place key={node.scopeId} node={node} depth={depth} onWanted={onWanted} />
      ))}
      {pages.hasNextPage && (
        <li>
          <button type="button" className="link" onClick={showMore}>
            Show more
          </button>
          <ErrorLine error={pages.error} />
        </li>
      )}
    </ul>
  );
}

function Place({ node, depth, onWanted }: { node: OrgUnitNode; depth: number; onWanted: OnWanted }) {
  const [open, setOpen] = useState(depth < 2);
  const below = BELOW[node.scopeType];
  const hasBelow = node.childCount > 0;
  return (
    <li data-scope={node.scopeId}>
      <div className="org-row" style={{ paddingLeft: depth * 24 }}>
        {hasBelow ? (
          <button
            type="button"
            className="icon-button small"
            aria-expanded={open}
            aria-label={`${open ? "Close" : "Open"} ${node.scopeName}`}
            onClick={() => setOpen(!open)}
          >
            <IconChevronRight size={16} stroke={1.75} className={open ? "turned" : undefined} />
          </button>
        ) : (
          <span className="org-leaf" />
        )}
        <ReachMark type={node.scopeType} />
        <b>{node.scopeName}</b>
        <span className="meta grow">
          {LEVEL_WORD[node.scopeType]}
          {below && hasBelow ? `, ${count(node.childCount, ...below)}` : ""}
        </span>
        <PlaceMenu node={node} onWanted={onWanted} />
      </div>
      {open && hasBelow && <Level parentId={node.scopeId} depth={depth + 1} onWanted={onWanted} />}
    </li>
  );
}
