/**
 * Where the focus goes when a dialog closes: back to what opened it, through all dialogs that followed one another.
 * Mantine gives it back only to dialogs that are closed before they are taken away, and knows of one dialog at a time.
 */
import { useEffect, useState } from "react";

const DIALOG = '[role="dialog"][aria-modal="true"]';
let opener: HTMLElement | null = null;

/** An entry of a menu is gone by then: what opened the menu stands for it. */
function standing(element: HTMLElement): HTMLElement | null {
  const menu = element.closest('[role="menu"]');
  const target = menu?.getAttribute("aria-labelledby");
  return target ? document.getElementById(target) : element;
}

function remember(): void {
  const element = document.activeElement;
  if (element instanceof HTMLElement && element !== document.body && !element.closest(DIALOG)) opener = standing(element);
}

/** To what opened the dialog or, where that is gone too, to the table's row, rather than to the top of the page. */
function giveBack(): void {
  if (document.querySelector(DIALOG) ?? (document.activeElement !== document.body && document.activeElement)) return;
  const there = opener?.isConnected && opener.getClientRects().length > 0 ? opener : null;
  (there ?? document.querySelector<HTMLElement>("tr[data-row][tabindex='0']"))?.focus();
}

/** For a dialog that is mounted while it is open. */
export function useFocusGivenBack(): void {
  // While the dialog is first rendered its opener still has the focus; an effect would come after its field took it.
  useState(remember);
  useEffect(() => () => void setTimeout(giveBack), []);
}
