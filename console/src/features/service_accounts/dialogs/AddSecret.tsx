import { Radio, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { FormButtons } from "~/components/DialogButtons";
import { ErrorLine } from "~/components/ErrorLine";
import { SecretShown } from "~/components/SecretShown";
import { useProof } from "~/features/session/Proof";
import { DAY } from "~/lib/time";

import { useRefreshAccounts } from "../actions";

const LIFETIMES = [
  { value: "90", label: "90 days" },
  { value: "180", label: "6 months" },
  { value: "365", label: "1 year" },
  { value: "", label: "No expiry" },
] as const;

export function AddSecret({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("365");
  const refresh = useRefreshAccounts();
  const { proof, guarded } = useProof();
  const add = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/service-accounts/{serviceAccountId}/secrets", {
            params: { path: { serviceAccountId: account.id } },
            body: {
              ...(name.trim() ? { name: name.trim() } : {}),
              ...(days ? { expiresAt: new Date(Date.now() + Number(days) * DAY).toISOString() } : {}),
            },
          }),
        ),
      ),
    onSuccess: () => refresh(),
  });
  if (add.data) {
    return (
      <SecretShown
        title="Secret added"
        lead={
          <>
            The earlier secrets of <b>{account.name}</b> go on working. Copy the new one before you leave.
          </>
        }
        clientId={account.clientId}
        secret={add.data.clientSecret}
        foot="Give it to the program, then revoke the older one."
        onDone={() => {
          add.reset();
          onClose();
        }}
      />
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Dialog title="Add secret" lead={`${account.name} keeps its other secrets: this is how to rotate without downtime.`} onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <TextInput
            label="Name"
            description="To tell it from the others. It can be left out."
            data-autofocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Radio.Group label="Expires in" value={days} onChange={setDays}>
            <div className="filter-presets">
              {LIFETIMES.map(({ value, label }) => (
                <Radio key={label} value={value} label={label} />
              ))}
            </div>
          </Radio.Group>
          <ErrorLine error={add.error} />
          <FormButtons verb="Add secret" busy={add.isPending} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}
