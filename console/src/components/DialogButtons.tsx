/** The foot of a dialog: Cancel, and the one button that does it. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogButtonsProps {
  /** At the other end: what else could be done. */
  left?: ReactNode;
  /** Where Enter must not do it by itself, the focus begins here. */
  focus?: boolean;
  onCancel: () => void;
  children: ReactNode;
}

export function DialogButtons({ left, focus = false, onCancel, children }: DialogButtonsProps) {
  return (
    <div className="dialog-buttons">
      {left}
      <Button variant="default" data-autofocus={focus || undefined} onClick={onCancel}>
        Cancel
      </Button>
      {children}
    </div>
  );
}

interface FormButtonsProps {
  verb: string;
  busy: boolean;
  disabled?: boolean;
  onCancel: () => void;
}

/** Of a form: Enter presses the second. */
export function FormButtons({ verb, busy, disabled = false, onCancel }: FormButtonsProps) {
  return (
    <DialogButtons onCancel={onCancel}>
      <Button type="submit" loading={busy} disabled={disabled}>
        {verb}
      </Button>
    </DialogButtons>
  );
}
