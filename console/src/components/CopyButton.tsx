import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useRef, useState, type RefObject } from "react";

import { copyText, selectContents } from "~/lib/copy";

const CONFIRMED_MS = 2_000;

/** Copies; where the browser refuses, selects the text and says which keys do it. */
function useCopy(text: string, shown?: RefObject<HTMLElement | null>, onCopied?: () => void) {
  const [state, setState] = useState<"idle" | "copied" | "selected">("idle");
  const timer = useRef(0);
  const copy = async () => {
    const done = await copyText(text);
    if (!done) selectContents(shown?.current ?? null);
    setState(done ? "copied" : "selected");
    onCopied?.();
    clearTimeout(timer.current);
    if (done) timer.current = window.setTimeout(() => setState("idle"), CONFIRMED_MS);
  };
  return { state, copy };
}

interface CopyButtonProps {
  text: string;
  /** What is copied, for screen readers: "Copy client ID". */
  label: string;
  shown?: RefObject<HTMLElement | null>;
  onCopied?: () => void;
}

export function CopyButton({ text, label, shown, onCopied }: CopyButtonProps) {
  const { state, copy } = useCopy(text, shown, onCopied);
  const words = { idle: "Copy", copied: "Copied", selected: "Press Ctrl C" }[state];
  return (
    <Button
      variant="default"
      className={state === "copied" ? "copy copied" : "copy"}
      aria-label={state === "idle" ? label : words}
      leftSection={state === "copied" ? <IconCheck size={16} stroke={1.75} /> : <IconCopy size={16} stroke={1.75} />}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{words}</span>
    </Button>
  );
}

export function CopyIcon({ text, label, tabIndex }: { text: string; label: string; tabIndex?: number }) {
  const { state, copy } = useCopy(text);
  return (
    <button
      type="button"
      className="icon-button small copy-icon"
      tabIndex={tabIndex}
      aria-label={state === "copied" ? "Copied" : label}
      data-tip={state === "copied" ? "Copied" : label}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    >
      {state === "copied" ? <IconCheck size={14} stroke={1.75} /> : <IconCopy size={14} stroke={1.75} />}
    </button>
  );
}
