import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import { ReachMark } from "~/components/marks";
import { namesAbove } from "~/lib/levels";

import { PlaceMenu, type OnWanted } from "./PlaceMenu";

const MOST = 100;

/** Places of a name, wherever in the tree they lie. */
export function Found({ search, onWanted }: { search: string; onWanted: OnWanted }) {
  const found = useQuery({
    queryKey: ["tree", { search }],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET("/api/v1/org-unit/tree", { signal, params: { query: { search, limit: MOST } } })),
  });
  return (
    <ul className="org-level" aria-label="Found">
      {found.data?.nodes.map((node) => (
        <li key={node.scopeId} className="org-row">
          <ReachMark type={node.scopeType} />
          <b>{node.scopeName}</b>
          <span className="meta grow">{namesAbove(node.scopePath)}</span>
          <PlaceMenu node={node} onWanted={onWanted} />
        </li>
      ))}
      {found.data?.nodes.length === 0 && <li className="org-row ink3">No place is called that.</li>}
    </ul>
  );
}
