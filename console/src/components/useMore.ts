import { useEffect, useRef } from "react";

/** Asks for more of a list; the focus then goes on to the first that came, since the button that asked may be gone. */
export function useMore(known: number, ask: () => Promise<unknown>, itemAt: (at: number) => HTMLElement | null | undefined) {
  const from = useRef<number | null>(null);
  useEffect(() => {
    if (from.current === null || known <= from.current) return;
    itemAt(from.current)?.focus();
    from.current = null;
  });
  return () => {
    from.current = known;
    void ask();
  };
}
