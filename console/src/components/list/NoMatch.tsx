import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { State } from "~/components/states";
import { count } from "~/lib/time";

import type { ListSpec } from "./spec";
import { requestOf, type ListState } from "./useList";

/** Names the filter to drop, and says in a later, separate question what would match without it. */
export function NoMatch<Row>({ spec, state }: { spec: ListSpec<Row>; state: ListState }) {
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
