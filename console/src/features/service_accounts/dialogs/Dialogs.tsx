import type { Dialog as Wanted } from "../ServiceAccounts";
import { AddSecret } from "./AddSecret";
import { Delete } from "./Delete";
import { Disable } from "./Disable";
import { NewAccount } from "./NewAccount";
import { Regenerate } from "./Regenerate";
import { RulesDialog } from "./RulesDialog";
import { SecretsDialog } from "./SecretsDialog";
import { WhyDialog } from "./WhyDialog";

interface DialogsProps {
  dialog: Wanted;
  onDialog: (dialog: Wanted) => void;
  onClose: () => void;
}

/** The dialog that is open. */
export function Dialogs({ dialog, onDialog, onClose }: DialogsProps) {
  if (dialog.kind === "new") return <NewAccount onClose={onClose} onDialog={onDialog} />;
  const { kind, accounts } = dialog;
  const [account] = accounts;
  if (!account) return null;
  switch (kind) {
    case "rules":
      return <RulesDialog account={account} onClose={onClose} />;
    case "regenerate":
      return (
        <Regenerate account={account} onClose={onClose} onAddInstead={() => onDialog({ kind: "add-secret", accounts })} />
      );
    case "add-secret":
      return <AddSecret account={account} onClose={onClose} />;
    case "disable":
      return <Disable accounts={accounts} onClose={onClose} />;
    case "delete":
      return <Delete accounts={accounts} onClose={onClose} onDisable={() => onDialog({ kind: "disable", accounts })} />;
    case "secrets":
      return <SecretsDialog account={account} onClose={onClose} onAdd={() => onDialog({ kind: "add-secret", accounts })} />;
    case "why":
      return <WhyDialog account={account} onClose={onClose} />;
  }
}
