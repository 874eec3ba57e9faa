import { useMutation, useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
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
    <ConfirmDialog
      title="Regenerate client secret?"
      verb="Regenerate"
      work={regenerate}
      proof={proof}
      instead={{ label: "Add secret instead", run: onAddInstead }}
      onClose={onClose}
    >
      <p>
        {what} <b>{account.name}</b> {stops} earned.
        {lastUse && ` ${many === 1 ? "It" : "One"} was used ${relative(lastUse).toLowerCase()}.`} To rotate without downtime, add
        a secret instead.
      </p>
    </ConfirmDialog>
  );
}
