/** A row of the table in full, beside the table, which stays live; on a narrow screen it fills it. */
import { IconX } from "@tabler/icons-react";
import { useEffect, useRef, type ReactNode } from "react";

import { dialogIsOpen, isTyping } from "~/lib/keys";

import "./drawer.css";

interface DrawerProps {
  label: string;
  closeLabel: string;
  /** The row that it is about: the focus goes back to it. */
  rowId: string;
  whole?: boolean;
  /** Before the button that closes. */
  tools?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** Whether a key was pressed for the page, and not for a field, a dialog, the table, or the browser. */
export function isForDrawer(event: KeyboardEvent): boolean {
  const inTable = event.target instanceof Element && event.target.closest("table.list");
  return !(event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogIsOpen() || inTable);
}

export function Drawer({ label, closeLabel, rowId, whole = false, tools, onClose, children }: DrawerProps) {
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !isForDrawer(event)) return;
      onClose();
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);
  // The focus goes into the drawer when it opens, and back to its row when it closes.
  useEffect(() => {
    frame.current?.focus();
    return () => document.querySelector<HTMLElement>(`[data-row="${rowId}"]`)?.focus();
  }, [rowId]);
  return (
    <aside ref={frame} tabIndex={-1} className={whole ? "drawer whole" : "drawer"} aria-label={label}>
      <div className="drawer-tools">
        {tools}
        <button type="button" className="icon-button" aria-label={closeLabel} onClick={onClose}>
          <IconX size={16} stroke={1.75} />
        </button>
      </div>
      {children}
    </aside>
  );
}
