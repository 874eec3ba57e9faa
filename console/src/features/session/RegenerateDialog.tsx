import { useMutation } from "@tanstack/react-query";
import type { ComponentProps, ReactNode } from "react";

import { ConfirmDialog } from "~/components/ConfirmDialog";
import { SecretShown } from "~/components/SecretShown";

import { useProof } from "./Proof";

interface RegenerateDialogProps {
  clientId: string;
  regenerate: () => Promise<{ clientSecret: string }>;
  /** What has stopped working, above the new secret. */
  stopped: ReactNode;
  /** Another way to rotate. */
  instead?: ComponentProps<typeof ConfirmDialog>["instead"];
  /** What will stop working, before it is done. */
  children: ReactNode;
  onDone: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks, proves the password where that is needed, and shows the new secret once. */
export function RegenerateDialog({ clientId, regenerate, stopped, instead, children, onDone, onClose }: RegenerateDialogProps) {
  const { proof, guarded } = useProof();
  const work = useMutation({ gcTime: 0, mutationFn: () => guarded(regenerate), onSuccess: () => onDone() });
  if (work.data) {
    return (
      <SecretShown
        title="New client secret"
        lead={<>{stopped} Copy the new one before you leave.</>}
        clientId={clientId}
        secret={work.data.clientSecret}
        onDone={() => {
          work.reset();
          onClose();
        }}
      />
    );
  }
  return (
    <ConfirmDialog
      title="Regenerate client secret?"
      verb="Regenerate"
      work={work}
      proof={proof}
      instead={instead}
      onClose={onClose}
    >
      {children}
    </ConfirmDialog>
  );
}
