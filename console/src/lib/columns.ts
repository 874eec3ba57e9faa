/** Which columns a person wants, in which order, remembered on their machine. */

export interface Chosen {
  id: string;
  shown: boolean;
}

/** What was remembered, made whole: columns that came since are put where they stand by default. */
export function reconcile(remembered: readonly Chosen[], defaults: readonly Chosen[]): Chosen[] {
  const known = remembered.filter((one) => defaults.some((column) => column.id === one.id));
  if (known.length === 0) return [...defaults];
  const result = [...known];
  defaults.forEach((column, at) => {
    if (result.some((one) => one.id === column.id)) return;
    const anchor = defaults.slice(0, at).findLast((one) => result.some((kept) => kept.id === one.id));
    const place = anchor ? result.findIndex((one) => one.id === anchor.id) + 1 : 0;
    result.splice(place, 0, column);
  });
  return result;
}

export function move(columns: readonly Chosen[], id: string, by: -1 | 1, firstFree: number): Chosen[] {
  const from = columns.findIndex((column) => column.id === id);
  const to = from + by;
  if (from < firstFree || to < firstFree || to >= columns.length) return [...columns];
  const result = [...columns];
  const [taken] = result.splice(from, 1);
  if (taken) result.splice(to, 0, taken);
  return result;
}

/** `localStorage`, where it is open to us; elsewhere nothing is remembered, and nothing fails. */
export const memory = {
  read<T>(key: string, fallback: T): T {
    try {
      const text = localStorage.getItem(key);
      return text === null ? fallback : (JSON.parse(text) as T);
    } catch {
      return fallback;
    }
  },
  write(key: string, value: unknown): void {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or closed: the choice holds until the page is left.
    }
  },
};
