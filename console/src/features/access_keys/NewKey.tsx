/** A new key, which may do all that its person may, or is held to reading, to a place, or to both. */
import { Checkbox } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { AccessKeyPermission, OrgUnitNode, ResourceType } from "~/api/schema";
import { ClientNameField } from "~/components/ClientNameField";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { ScopeTree } from "~/components/ScopeTree";
import { SecretShown } from "~/components/SecretShown";
import { useProof } from "~/features/session/Proof";
import { useSession } from "~/features/session/session";

interface NewKeyProps {
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function NewKey({ onClose, onDone }: NewKeyProps) {
  const [name, setName] = useState("");
  const [readsOnly, setReadsOnly] = useState(false);
  const [place, setPlace] = useState<OrgUnitNode | null>(null);
  const reads = useReads();
  const { proof, guarded } = useProof();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/access-keys", {
            body: {
              name: name.trim(),
              ...(readsOnly ? { permissions: reads } : {}),
              ...(place ? { scopeId: place.scopeId, scopeType: place.scopeType } : {}),
            },
          }),
        ),
      ),
    onSuccess: () => onDone(),
  });
  const made = create.data;
  if (made) {
    return (
      <SecretShown
        title="New access key"
        lead={
          <>
            <b>{made.name}</b> acts for you. Copy its client secret before you leave.
          </>
        }
        clientId={made.clientId}
        secret={made.clientSecret}
        onDone={() => {
          create.reset();
          onClose();
        }}
      />
    );
  }
  const problem = create.error instanceof Problem ? create.error : null;
  const aboutName = problem?.status === 409 ? problem.message : problem?.about("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New access key" onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <ClientNameField
            value={name}
            error={aboutName}
            onChange={(value) => {
              setName(value);
              create.reset();
            }}
          />
          <Checkbox
            label="Reads only"
            description="It sees what you see, and changes nothing."
            checked={readsOnly}
            onChange={(event) => setReadsOnly(event.currentTarget.checked)}
          />
          <details className="fold">
            <summary>{place ? `Only in ${place.scopeName}` : "Only in one place"}</summary>
            <p className="meta">In the place and all below it. Without a choice: wherever you may.</p>
            <ScopeTree
              label="Only in"
              single
              chosen={place ? [place.scopeId] : []}
              onChoose={(node, on) => setPlace(on ? node : null)}
            />
          </details>
          {!aboutName && <ErrorLine error={create.error} />}
          <FormButtons verb="Create" busy={create.isPending} disabled={!name.trim()} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}

/** Reading everything that the person holds anything on. */
function useReads(): AccessKeyPermission[] {
  const { permissions } = useSession();
  const kinds = new Set(permissions.flatMap((held) => Object.keys(held.permissions) as ResourceType[]));
  return [...kinds].map((resourceType) => ({ resourceType, actions: ["read"] }));
}
