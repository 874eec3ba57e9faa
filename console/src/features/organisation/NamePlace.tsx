/** A place gets its name, or another. */
import { TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { Problem } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { toast } from "~/components/toasts";
import { BELOW } from "~/lib/levels";

import { make, rename, useRefreshTree } from "./places";

interface NameFormProps {
  title: string;
  begin: string;
  verb: string;
  work: (name: string) => Promise<void>;
  said: (name: string) => string;
  onClose: () => void;
}

function NameForm({ title, begin, verb, work, said, onClose }: NameFormProps) {
  const [name, setName] = useState(begin);
  const refresh = useRefreshTree();
  const save = useMutation({
    mutationFn: () => work(name.trim()),
    onSuccess: async () => {
      await refresh();
      toast({ text: said(name.trim()) });
      onClose();
    },
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={title} width="confirm" onClose={onClose}>
      <form onSubmit={submit}>
        <TextInput
          label="Name"
          data-autofocus
          required
          withAsterisk={false}
          value={name}
          error={problem?.about("name") ?? problem?.message}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <FormButtons verb={verb} busy={save.isPending} disabled={!name.trim() || name.trim() === begin} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

export function NewPlace({ parent, onClose }: { parent: OrgUnitNode; onClose: () => void }) {
  const word = BELOW[parent.scopeType]?.[0] ?? "place";
  return (
    <NameForm
      title={`New ${word} in ${parent.scopeName}`}
      begin=""
      verb="Create"
      work={(name) => make(parent, name)}
      said={(name) => `${name} created`}
      onClose={onClose}
    />
  );
}

export function RenamePlace({ node, onClose }: { node: OrgUnitNode; onClose: () => void }) {
  return (
    <NameForm
      title={`Rename ${node.scopeName}`}
      begin={node.scopeName}
      verb="Rename"
      work={(name) => rename(node, name)}
      said={(name) => `${node.scopeName} is now ${name}`}
      onClose={onClose}
    />
  );
}
