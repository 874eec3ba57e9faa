import { useCallback, useMemo, useState } from "react";

/** Rows that are selected, over pages too: the rows themselves, since another page may show others. */
export interface Selection<Row> {
  rows: readonly Row[];
  has: (row: Row) => boolean;
  toggle: (row: Row, on?: boolean) => void;
  toggleMany: (rows: readonly Row[], on: boolean) => void;
  set: (rows: readonly Row[]) => void;
  clear: () => void;
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
  const clear = useCallback(() => setById((before) => (before.size ? new Map() : before)), []);
  return useMemo(
    () => ({
      rows: [...byId.values()],
      has: (row: Row) => byId.has(rowId(row)),
      toggle: (row: Row, on?: boolean) => toggleMany([row], on ?? !byId.has(rowId(row))),
      toggleMany,
      set,
      clear,
    }),
    [byId, rowId, toggleMany, set, clear],
  );
}
