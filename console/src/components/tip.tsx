/**
 * One tooltip for the whole page: anything with `data-tip` has it, on hover and on focus.
 * A table shows hundreds of moments; a component with listeners for each would cost more than the table.
 */
import { useEffect, useRef, useState } from "react";

import "./tip.css";

interface Shown {
  text: string;
  x: number;
  y: number;
  above: boolean;
}

const DELAY_MS = 250;
const ID = "tip";

export function TipLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const timer = useRef(0);

  useEffect(() => {
    let target: Element | null = null;
    const hide = () => {
      clearTimeout(timer.current);
      target?.removeAttribute("aria-describedby");
      target = null;
      setShown(null);
    };
    const show = (element: Element) => {
      const text = element.getAttribute("data-tip");
      if (!text || element === target) return;
      hide();
      // What is cut says so itself; what is whole needs no tooltip.
      if (element.hasAttribute("data-tip-cut") && element.scrollWidth <= element.clientWidth) return;
      target = element;
      timer.current = window.setTimeout(() => {
        const box = element.getBoundingClientRect();
        const above = box.bottom > innerHeight - 80;
        const x = Math.max(8, Math.min(box.left, innerWidth - 268));
        element.setAttribute("aria-describedby", ID);
        setShown({ text, x, y: above ? box.top - 6 : box.bottom + 6, above });
      }, DELAY_MS);
    };
    const over = (event: Event) => {
      const element = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      if (element) show(element);
      else hide();
    };
    const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", over);
    document.addEventListener("focusout", hide);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", key);
    return () => {
      hide();
      document.removeEventListener("pointerover", over);
      document.removeEventListener("focusin", over);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("keydown", key);
    };
  }, []);

  if (!shown) return null;
  return (
    <div
      id={ID}
      role="tooltip"
      className="tip"
      style={{ left: shown.x, top: shown.y, transform: shown.above ? "translateY(-100%)" : undefined }}
    >
      {shown.text}
    </div>
  );
}
