import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { SecretShown } from "~/components/SecretShown";
import { useProof } from "~/features/session/Proof";
import { relative } from "~/lib/time";

import { useRefreshAccounts } from "../actions";
import { secretsQuery } from "../queries";

interface RegenerateProps {
  account: ServiceAccount;
  onClose: () => void;
  onAddInstead: () => void;
}

export function Regenerate({ account, onClose, onAddInstead }: RegenerateProps) {
  const secrets = useQuery(secretsQuery(account.id));
  const refresh = useRefreshAccounts();
  const { proof, guarded } = useProof();
  const regenerate = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/service-accounts/{serviceAccountId}/secret", {
            params: { path: { serviceAccountId: account.id } },
          }),
        ),
      ),
    onSuccess: () => refresh(),
  });
  if (regenerate.data) {
    return (
      <SecretShown
        title="New client secret"
        lead={
          <>
            The earlier secrets of <b>{account.name}</b> have stopped working. Copy the new one before you leave.
          </>
        }
        clientId={account.clientId}
        secret={regenerate.data.clientSecret}
        onDone={() => {
          regenerate.reset();
          onClose();
        }}
      />
    );
  }
  const many = secrets.data?.length ?? 1;
  const lastUse = secrets.data
    ?.map((secret) => secret.lastUsedAt)
    .filter((at) => at !== null && at !== undefined)
    .toSorted()
    .at(-1);
  const what = many > 2 ? `All ${many} secrets of` : many === 2 ? "Both secrets of" : "The secret of";
  const stops = many === 1 ? "stops working at once, and so do the tokens that it" : "stop working at once, and so do the tokens that they";
  return (
    <Dialog title="Regenerate client secret?" width="confirm" onClose={onClose}>
      {proof ?? (
        <>
          <p>
            {what} <b>{account.name}</b> {stops} earned.
            {lastUse && ` ${many === 1 ? "It" : "One"} was used ${relative(lastUse).toLowerCase()}.`} To rotate without downtime,
            add a secret instead.
          </p>
          {regenerate.error && (
            <p role="alert" className="dialog-error">
              {regenerate.error.message}
            </p>
          )}
          <div className="dialog-buttons">
            <button type="button" className="link left" onClick={onAddInstead}>
              Add secret instead
            </button>
            <Button variant="default" data-autofocus onClick={onClose}>
              Cancel
            </Button>
            <Button color="red" loading={regenerate.isPending} onClick={() => regenerate.mutate()}>
              Regenerate
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
