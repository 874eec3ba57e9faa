import { memory } from "./columns";

/** Whether a key press belongs to a field: single letters must not act there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !isBox(target);
}

const isBox = (element: HTMLElement) =>
  element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio");

/** A dialog is open: the page behind it takes no keys. */
export const dialogIsOpen = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

const SWITCH = "keystead.keys.letters";

/** Keys that are one letter or sign can be switched off (WCAG 2.1.4): speech input sets them off by accident. */
export const letterKeys = {
  areOn: () => memory.read(SWITCH, true),
  turn: (on: boolean) => memory.write(SWITCH, on),
};
