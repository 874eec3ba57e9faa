import { useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { RegenerateDialog } from "~/features/session/RegenerateDialog";
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
  const regenerate = async () =>
    dataOf(
      await api.POST("/api/v1/service-accounts/{serviceAccountId}/secret", {
        params: { path: { serviceAccountId: account.id } },
      }),
    );
  const many = secrets.data?.length ?? 1;
  const lastUse = secrets.data
    ?.map((secret) => secret.lastUsedAt)
    .filter((at) => at !== null && at !== undefined)
    .toSorted()
    .at(-1);
  const what = many > 2 ? `All ${many} secrets of` : many === 2 ? "Both secrets of" : "The secret of";
  const stops = many === 1 ? "stops working at once, and so do the tokens that it" : "stop working at once, and so do the tokens that they";
  return (
    <RegenerateDialog
      clientId={account.clientId}
      regenerate={regenerate}
      stopped={
        <>
          The earlier secrets of <b>{account.name}</b> have stopped working.
        </>
      }
      instead={{ label: "Add secret instead", run: onAddInstead }}
      onDone={refresh}
      onClose={onClose}
    >
      <p>
        {what} <b>{account.name}</b> {stops} earned.
        {lastUse && ` ${many === 1 ? "It" : "One"} was used ${relative(lastUse).toLowerCase()}.`} To rotate without downtime, add
        a secret instead.
      </p>
    </RegenerateDialog>
  );
}
