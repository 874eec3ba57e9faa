import { useMutation } from "@tanstack/react-query";

import type { ServiceAccount } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { count } from "~/lib/time";

import { useSetEnabled } from "../actions";

export function Disable({ accounts, onClose }: { accounts: readonly ServiceAccount[]; onClose: () => void }) {
  const setEnabled = useSetEnabled();
  const disable = useMutation({ mutationFn: () => setEnabled(accounts, false), onSuccess: onClose });
  const [only] = accounts;
  const single = accounts.length === 1;
  return (
    <ConfirmDialog
      title={single ? `Disable ${only?.name}?` : `Disable ${count(accounts.length, "account", "accounts")}?`}
      verb="Disable"
      work={disable}
      onClose={onClose}
    >
      <p>
        {single ? (
          <>
            <b>{only?.name}</b> can't sign in and its tokens stop
          </>
        ) : (
          "They can't sign in and their tokens stop"
        )}{" "}
        at once. Rules and secrets are kept.
      </p>
    </ConfirmDialog>
  );
}
