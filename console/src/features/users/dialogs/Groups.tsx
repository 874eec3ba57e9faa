import { TagsInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api } from "~/api/client";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { toast } from "~/components/toasts";

import type { OneUserProps } from "./UserDialogs";

export function Groups({ user, onClose, onDone }: OneUserProps) {
  const [groups, setGroups] = useState<string[]>([...user.groups]);
  const save = useMutation({
    mutationFn: () => api.PATCH("/api/v1/users/{userId}", { params: { path: { userId: user.id } }, body: { groups } }),
    onSuccess: async () => {
      toast({ text: `Groups of ${user.username} saved` });
      await onDone();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title="Groups" lead={`Rules for a group hold for ${user.username} while they are in it.`} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <TagsInput label="Groups" data-autofocus value={groups} onChange={setGroups} />
        <ErrorLine error={save.error} />
        <FormButtons verb="Save" busy={save.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
