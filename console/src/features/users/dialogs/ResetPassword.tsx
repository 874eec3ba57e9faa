import { useMutation } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { useProof } from "~/features/session/Proof";

import { TemporaryPassword } from "./TemporaryPassword";
import type { OneUserProps } from "./UserDialogs";

export function ResetPassword({ user, onClose, onDone }: OneUserProps) {
  const { proof, guarded } = useProof();
  const reset = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () => dataOf(await api.POST("/api/v1/users/{userId}/password", { params: { path: { userId: user.id } } }))),
    onSuccess: () => onDone(),
  });
  if (reset.data) {
    const done = () => {
      reset.reset();
      onClose();
    };
    return <TemporaryPassword title="Password reset" email={user.username} password={reset.data.tempPassword} onDone={done} />;
  }
  return (
    <ConfirmDialog title="Reset password?" verb="Reset password" work={reset} proof={proof} onClose={onClose}>
      <p>
        The password of <b>{user.username}</b> stops working and every session of theirs ends, at once. You get a temporary one.
      </p>
    </ConfirmDialog>
  );
}
