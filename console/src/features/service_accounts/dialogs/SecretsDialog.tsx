import { Button } from "@mantine/core";

import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";

import { Secrets } from "../Secrets";

interface SecretsDialogProps {
  account: ServiceAccount;
  onClose: () => void;
  onAdd: () => void;
}

export function SecretsDialog({ account, onClose, onAdd }: SecretsDialogProps) {
  return (
    <Dialog
      title="Secrets"
      lead={
        <>
          What <b>{account.name}</b> can sign in with. A secret itself is never shown again.
        </>
      }
      width="secret"
      cross
      onClose={onClose}
    >
      <Secrets account={account} onAdd={onAdd} />
      <div className="dialog-buttons">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
