import { useMutation } from "@tanstack/react-query";

import { api } from "~/api/client";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { toast } from "~/components/toasts";
import { useProof } from "~/features/session/Proof";

import type { OneUserProps } from "./UserDialogs";

export function RemoveSecondFactor({ user, onClose, onDone }: OneUserProps) {
  const { proof, guarded } = useProof();
  const remove = useMutation({
    mutationFn: () =>
      guarded(() => api.DELETE("/api/v1/users/{userId}/second-factor", { params: { path: { userId: user.id } } })),
    onSuccess: async () => {
      toast({ text: `Second factor of ${user.username} removed` });
      await onDone();
      onClose();
    },
  });
  return (
    <ConfirmDialog title="Remove second factor?" verb="Remove" work={remove} proof={proof} onClose={onClose}>
      <p>
        <b>{user.username}</b> signs in with the password alone until they set up another. Do this when their phone is gone.
      </p>
    </ConfirmDialog>
  );
}
