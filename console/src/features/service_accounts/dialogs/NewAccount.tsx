import { Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { OrgUnitNode, ServiceAccount } from "~/api/schema";
import { ClientNameField } from "~/components/ClientNameField";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { ScopeTree } from "~/components/ScopeTree";
import { SecretShown } from "~/components/SecretShown";
import { toast } from "~/components/toasts";
import { useProof } from "~/features/session/Proof";
import { useScopesFor, useSession } from "~/features/session/session";

import { useRefreshAccounts } from "../actions";
import type { Dialog as Wanted } from "../ServiceAccounts";

export function NewAccount({ onClose, onDialog }: { onClose: () => void; onDialog: (dialog: Wanted) => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [home, setHome] = useState<OrgUnitNode | null>(null);
  const { proof, guarded } = useProof();
  const refresh = useRefreshAccounts();
  const homes = useScopesFor("create", "service-account");
  const mayChooseHome = homes.length > 1 || homes[0]?.scopeType !== "project";
  const { tenant } = useSession();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/service-accounts", {
            body: {
              name: name.trim(),
              ...(description.trim() ? { description: description.trim() } : {}),
              ...(home ? { scopeId: home.scopeId } : {}),
            },
          }),
        ),
      ),
    onSuccess: () => refresh(),
  });
  const made = create.data;
  if (made) {
    const done = () => {
      create.reset();
      onClose();
      const account = { id: made.id, name: made.name, clientId: made.clientId, accessRules: [] } as unknown as ServiceAccount;
      toast({
        text: `${made.name} created`,
        action: { label: "Access rules", run: () => onDialog({ kind: "rules", accounts: [account] }) },
      });
    };
    return (
      <SecretShown
        title="New service account"
        lead={
          <>
            <b>{made.name}</b> is created. Copy its client secret before you leave.
          </>
        }
        clientId={made.clientId}
        secret={made.clientSecret}
        foot="It has no access rules yet: it can sign in, and do nothing."
        onDone={done}
      />
    );
  }
  const problem = create.error instanceof Problem ? create.error : null;
  const aboutName =
    problem?.status === 409 ? `This name is taken. Names are unique in ${tenant.name}.` : problem?.about("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New service account" onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <ClientNameField
            value={name}
            error={aboutName}
            note="It is also the client ID."
            onChange={(value) => {
              setName(value);
              create.reset();
            }}
          />
          <details className="fold">
            <summary>More options</summary>
            <div className="stack">
              <Textarea
                label="Description"
                description="What it is for. Anyone who sees the account reads it."
                autosize
                minRows={2}
                maxLength={1000}
                value={description}
                onChange={(event) => setDescription(event.currentTarget.value)}
              />
              {mayChooseHome && (
                <div>
                  <b>Home</b>
                  <p className="meta">
                    Who reads accounts there sees this one. Without a choice:{" "}
                    {homes.length === 1 ? homes[0]?.scopeName : "the highest place in which you may create"}.
                  </p>
                  <ScopeTree
                    label="Home"
                    single
                    chosen={home ? [home.scopeId] : []}
                    onChoose={(node, on) => setHome(on ? node : null)}
                  />
                </div>
              )}
            </div>
          </details>
          {!aboutName && <ErrorLine error={create.error} />}
          <FormButtons verb="Create" busy={create.isPending} disabled={!name.trim()} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}
