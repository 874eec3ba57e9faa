import { useCallback, useMemo, useRef, useState } from "react";

/** Rows that are selected, over pages too: the rows themselves, since another page may show others. */
export interface Selection<Row> {
  rows: readonly Row[];
  has: (row: Row) => boolean;
  toggle: (row: Row, on?: boolean) => void;
  toggleMany: (rows: readonly Row[], on: boolean) => void;
  set: (rows: readonly Row[]) => void;
  clear: () => void;
  /** `view` was answered: its rows are selected as they are now, and those that it has no more are selected no more. */
  renew: (view: string, rows: readonly Row[]) => void;
}

export function useSelection<Row>(rowId: (row: Row) => string): Selection<Row> {
  const [byId, setById] = useState<ReadonlyMap<string, Row>>(new Map());
  const toggleMany = useCallback(
    (rows: readonly Row[], on: boolean) =>
      setById((before) => {
        const next = new Map(before);
        rows.forEach((row) => (on ? next.set(rowId(row), row) : next.delete(rowId(row))));
        return next;
      }),
    [rowId],
  );
  const set = useCallback((rows: readonly Row[]) => setById(new Map(rows.map((row) => [rowId(row), row]))), [rowId]);
  const last = useRef<{ view: string; ids: readonly string[] }>({ view: "", ids: [] });
  const renew = useCallback(
    (view: string, rows: readonly Row[]) => {
      const now = new Map(rows.map((row) => [rowId(row), row]));
      const before = last.current.view === view ? last.current.ids : [];
      last.current = { view, ids: [...now.keys()] };
      const gone = before.filter((id) => !now.has(id));
      setById((kept) => {
        if (![...now.keys(), ...gone].some((id) => kept.has(id))) return kept;
        return new Map([...kept].filter(([id]) => !gone.includes(id)).map(([id, row]) => [id, now.get(id) ?? row]));
      });
    },
    [rowId],
  );
  const clear = useCallback(() => setById((before) => (before.size ? new Map() : before)), []);
  return useMemo(
    () => ({
      rows: [...byId.values()],
      has: (row: Row) => byId.has(rowId(row)),
      toggle: (row: Row, on?: boolean) => toggleMany([row], on ?? !byId.has(rowId(row))),
      toggleMany,
      set,
      clear,
      renew,
    }),
    [byId, rowId, toggleMany, set, clear, renew],
  );
}
