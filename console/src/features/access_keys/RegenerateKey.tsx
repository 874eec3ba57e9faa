import { api, dataOf } from "~/api/client";
import type { AccessKey1 } from "~/api/schema";
import { RegenerateDialog } from "~/features/session/RegenerateDialog";

interface RegenerateKeyProps {
  accessKey: AccessKey1;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function RegenerateKey({ accessKey, onClose, onDone }: RegenerateKeyProps) {
  const regenerate = async () =>
    dataOf(await api.POST("/api/v1/access-keys/{accessKeyId}/secret", { params: { path: { accessKeyId: accessKey.id } } }));
  return (
    <RegenerateDialog
      clientId={accessKey.clientId}
      regenerate={regenerate}
      stopped={
        <>
          The earlier secret of <b>{accessKey.name}</b> has stopped working.
        </>
      }
      onDone={onDone}
      onClose={onClose}
    >
      <p>
        The secret of <b>{accessKey.name}</b> stops working at once, and so do the tokens that it earned. To rotate without a gap,
        make another key instead.
      </p>
    </RegenerateDialog>
  );
}
