import { useMutation } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import type { AccessKey1 } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { SecretShown } from "~/components/SecretShown";
import { useProof } from "~/features/session/Proof";

interface RegenerateKeyProps {
  accessKey: AccessKey1;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function RegenerateKey({ accessKey, onClose, onDone }: RegenerateKeyProps) {
  const { proof, guarded } = useProof();
  const regenerate = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/access-keys/{accessKeyId}/secret", { params: { path: { accessKeyId: accessKey.id } } }),
        ),
      ),
    onSuccess: () => onDone(),
  });
  if (regenerate.data) {
    return (
      <SecretShown
        title="New client secret"
        lead={
          <>
            The earlier secret of <b>{accessKey.name}</b> has stopped working. Copy the new one before you leave.
          </>
        }
        clientId={accessKey.clientId}
        secret={regenerate.data.clientSecret}
        onDone={() => {
          regenerate.reset();
          onClose();
        }}
      />
    );
  }
  return (
    <ConfirmDialog title="Regenerate client secret?" verb="Regenerate" work={regenerate} proof={proof} onClose={onClose}>
      <p>
        The secret of <b>{accessKey.name}</b> stops working at once, and so do the tokens that it earned. To rotate without a gap,
        make another key instead.
      </p>
    </ConfirmDialog>
  );
}
