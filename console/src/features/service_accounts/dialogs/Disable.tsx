import { Button } from "@mantine/core";
import { useState } from "react";

import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { count } from "~/lib/time";

import { useSetEnabled } from "../actions";

export function Disable({ accounts, onClose }: { accounts: readonly ServiceAccount[]; onClose: () => void }) {
  const setEnabled = useSetEnabled();
  const [busy, setBusy] = useState(false);
  const [only] = accounts;
  const title = accounts.length === 1 ? `Disable ${only?.name}?` : `Disable ${count(accounts.length, "account", "accounts")}?`;
  const disable = async () => {
    setBusy(true);
    await setEnabled(accounts, false);
    onClose();
  };
  return (
    <Dialog title={title} width="confirm" onClose={onClose}>
      {accounts.length === 1 ? (
        <p>
          <b>{only?.name}</b> can't sign in and its tokens stop at once. Rules and secrets are kept.
        </p>
      ) : (
        <p>They can't sign in and their tokens stop at once. Rules and secrets are kept.</p>
      )}
      <div className="dialog-buttons">
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={busy} onClick={() => void disable()}>
          Disable
        </Button>
      </div>
    </Dialog>
  );
}
