/** Asks before something ends: the body says what, the button repeats the verb, the focus begins at Cancel. */
import { Button } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";

import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";
import { ErrorLine } from "./ErrorLine";

interface ConfirmDialogProps {
  title: string;
  verb: string;
  /** What the button does; what goes wrong with it is said above the buttons. */
  work: Pick<UseMutationResult<unknown, Error, void>, "mutate" | "isPending" | "error">;
  /** The password, while it is asked for. */
  proof?: ReactElement | null;
  /** A milder way, at the other end of the buttons. */
  instead?: { label: string; run: () => void } | false;
  onClose: () => void;
  children: ReactNode;
}

export function ConfirmDialog({ title, verb, work, proof, instead, onClose, children }: ConfirmDialogProps) {
  return (
    <Dialog title={title} width="confirm" onClose={onClose}>
      {proof ?? (
        <>
          {children}
          <ErrorLine error={work.error} />
          <DialogButtons
            focus
            onCancel={onClose}
            left={
              instead && (
                <button type="button" className="link left" onClick={instead.run}>
                  {instead.label}
                </button>
              )
            }
          >
            <Button color="red" loading={work.isPending} onClick={() => work.mutate()}>
              {verb}
            </Button>
          </DialogButtons>
        </>
      )}
    </Dialog>
  );
}
