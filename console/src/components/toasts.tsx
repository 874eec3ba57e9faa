/** Bottom left, said to screen readers; six seconds, or until closed when there is something to press. */
import { Loader } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";

import "./toasts.css";

export interface Toast {
  text: string;
  tone?: "ok" | "warn";
  action?: { label: string; run: () => void };
  /** Stays until what it tells of is over. */
  busy?: boolean;
}

interface Kept extends Toast {
  id: number;
}

const SHOWN_MS = 6_000;
let toasts: readonly Kept[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Kept[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

const dismiss = (id: number) => set(toasts.filter((one) => one.id !== id));

export function toast(one: Toast): () => void {
  lastId += 1;
  const id = lastId;
  set([...toasts.slice(-3), { ...one, id }]);
  if (!one.action && !one.busy) setTimeout(() => dismiss(id), SHOWN_MS);
  return () => dismiss(id);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div key={one.id} className="toast">
          {one.busy ? (
            <Loader size={16} />
          ) : one.tone === "warn" ? (
            <IconAlertTriangle size={16} stroke={1.75} className="toast-warn" aria-hidden />
          ) : (
            <IconCheck size={16} stroke={1.75} className="toast-ok" aria-hidden />
          )}
          <span className="grow">{one.text}</span>
          {one.action && (
            <button
              type="button"
              className="link"
              onClick={() => {
                dismiss(one.id);
                one.action?.run();
              }}
            >
              {one.action.label}
            </button>
          )}
          <button type="button" className="icon-button small" aria-label="Close message" onClick={() => dismiss(one.id)}>
            <IconX size={16} stroke={1.75} />
          </button>
        </div>
      ))}
    </div>
  );
}
