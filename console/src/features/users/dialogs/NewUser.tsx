import { TagsInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { useProof } from "~/features/session/Proof";

import { TemporaryPassword } from "./TemporaryPassword";

export function NewUser({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<unknown> }) {
  const [email, setEmail] = useState("");
  const [groups, setGroups] = useState<string[]>([]);
  const { proof, guarded } = useProof();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(await api.POST("/api/v1/users", { body: { email: email.trim(), ...(groups.length ? { groups } : {}) } })),
      ),
    onSuccess: () => onDone(),
  });
  if (create.data) {
    const done = () => {
      create.reset();
      onClose();
    };
    return <TemporaryPassword title="New user" email={create.data.username} password={create.data.tempPassword} onDone={done} />;
  }
  const problem = create.error instanceof Problem ? create.error : null;
  const aboutEmail = problem?.status === 409 ? "Somebody with this e-mail is here already." : problem?.about("email");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New user" onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <TextInput
            label="Email"
            type="email"
            data-autofocus
            required
            withAsterisk={false}
            autoComplete="off"
            value={email}
            error={aboutEmail}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <TagsInput
            label="Groups"
            description="Rules for a group hold for the people in it. It can be left out."
            inputWrapperOrder={["label", "input", "description"]}
            value={groups}
            onChange={setGroups}
          />
          {!aboutEmail && <ErrorLine error={create.error} />}
          <FormButtons verb="Create" busy={create.isPending} disabled={!email.trim()} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}
