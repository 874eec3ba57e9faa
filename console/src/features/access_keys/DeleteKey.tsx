import { useMutation } from "@tanstack/react-query";

import { api } from "~/api/client";
import type { AccessKey1 } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { toast } from "~/components/toasts";

interface DeleteKeyProps {
  accessKey: AccessKey1;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function DeleteKey({ accessKey, onClose, onDone }: DeleteKeyProps) {
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/access-keys/{accessKeyId}", { params: { path: { accessKeyId: accessKey.id } } }),
    onSuccess: async () => {
      await onDone();
      toast({ text: `${accessKey.name} deleted` });
      onClose();
    },
  });
  return (
    <ConfirmDialog title={`Delete ${accessKey.name}?`} verb="Delete" work={remove} onClose={onClose}>
      <p>This cannot be undone. Its secret and every token that it holds stop at once.</p>
    </ConfirmDialog>
  );
}
