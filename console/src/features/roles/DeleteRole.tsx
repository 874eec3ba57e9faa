import { useMutation } from "@tanstack/react-query";

import { api } from "~/api/client";
import type { Role } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { toast } from "~/components/toasts";

interface DeleteRoleProps {
  role: Role;
  onClose: () => void;
  onDeleted: () => Promise<unknown>;
}

export function DeleteRole({ role, onClose, onDeleted }: DeleteRoleProps) {
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v2/authorization/roles/{roleId}", { params: { path: { roleId: role.id } } }),
    onSuccess: async () => {
      toast({ text: `${role.name} deleted` });
      await onDeleted();
      onClose();
    },
  });
  return (
    <ConfirmDialog title={`Delete ${role.name}?`} verb="Delete" work={remove} onClose={onClose}>
      <p>This cannot be undone. A role that rules give can't be deleted: its rules go first.</p>
    </ConfirmDialog>
  );
}
