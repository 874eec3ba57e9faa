import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

import { fromWire, resolveDates, toWire, type Filter } from "~/lib/filters";
import { DEFAULT_SIZE, readOrder, type View } from "~/lib/view";

import type { ListRequest, ListSpec } from "./spec";

export interface ListState {
  view: View;
  filters: readonly Filter[];
  page: number;
  size: number;
  sort: string;
  search: string;
  /** Changes part of the view; whatever changes which rows there are goes back to the first page. */
  change: (part: Partial<View>, options?: { keepPage?: boolean; replace?: boolean }) => void;
  setFilters: (filters: readonly Filter[]) => void;
}

export function useListState<Row>(spec: ListSpec<Row>): ListState {
  const view: View = useSearch({ strict: false });
  const navigate = useNavigate();
  const filters = useMemo(
    () => (view.f ?? []).map((text) => fromWire(text, spec.filters)).filter((filter) => filter !== null),
    [view.f, spec.filters],
  );
  const change = useCallback<ListState["change"]>(
    (part, { keepPage = false, replace = false } = {}) => {
      void navigate({
        to: ".",
        replace,
        resetScroll: false,
        search: (before: View) => ({ ...before, ...(keepPage ? {} : { page: undefined }), ...part }),
      });
    },
    [navigate],
  );
  const setFilters = useCallback(
    (next: readonly Filter[]) => change({ f: next.length ? next.map(toWire) : undefined }),
    [change],
  );
  return {
    view,
    filters,
    page: view.page ?? 1,
    size: view.size ?? DEFAULT_SIZE,
    sort: view.sort ?? spec.defaultSort,
    search: view.q ?? "",
    change,
    setFilters,
  };
}

/** The view as the API is asked for it. */
export function requestOf<Row>(spec: ListSpec<Row>, state: ListState): ListRequest {
  const order = readOrder(state.sort);
  const filterBy = state.filters.map((filter) => {
    const field = spec.filters.find((one) => one.field === filter.field);
    return toWire(field ? resolveDates(filter, field.kind) : filter);
  });
  return {
    ...(filterBy.length ? { filterBy } : {}),
    ...(state.search ? { search: state.search } : {}),
    sortBy: order.field,
    sortOrder: order.descending ? "desc" : "asc",
    limit: state.size,
    offset: (state.page - 1) * state.size,
  };
}

export function useListData<Row>(spec: ListSpec<Row>, state: ListState) {
  const request = requestOf(spec, state);
  const isWhole = !request.filterBy && !request.search;
  const list = useQuery({
    queryKey: [spec.id, "list", request, spec.key],
    queryFn: ({ signal }) => spec.load(request, signal),
    placeholderData: keepPreviousData,
  });
  // How many there are without filters: known from any unfiltered page, asked for once when a link begins with filters.
  const whole = useQuery({
    queryKey: [spec.id, "whole", spec.key],
    enabled: !isWhole,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      spec.load({ sortBy: readOrder(spec.defaultSort).field, sortOrder: "asc", limit: 1, offset: 0 }, signal),
  });
  return { list, isWhole, whole: isWhole ? list.data : whole.data };
}
