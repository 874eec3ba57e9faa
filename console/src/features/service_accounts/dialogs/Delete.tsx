import { Button } from "@mantine/core";
import { IconClock, IconKey, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { count, relative } from "~/lib/time";

import { useDelete } from "../actions";
import { secretsQuery } from "../queries";

interface DeleteProps {
  accounts: readonly ServiceAccount[];
  onClose: () => void;
  onDisable: () => void;
}

export function Delete({ accounts, onClose, onDisable }: DeleteProps) {
  const remove = useDelete();
  const [busy, setBusy] = useState(false);
  const [only] = accounts;
  const single = accounts.length === 1;
  const secrets = useQuery({ ...secretsQuery(only?.id ?? ""), enabled: single });
  const rules = accounts.reduce((sum, account) => sum + (account.accessRuleCount ?? 0), 0);
  const many = single ? (secrets.data?.length ?? only?.secretCount) : undefined;
  const lastUse = accounts.map((account) => account.lastLogin ?? "").toSorted().at(-1);
  const canDisable = accounts.some((account) => account.enabled && account.permittedActions?.includes("update"));
  const run = async () => {
    setBusy(true);
    await remove(accounts);
    onClose();
  };
  return (
    <Dialog
      title={single ? `Delete ${only?.name}?` : `Delete ${count(accounts.length, "account", "accounts")}?`}
      width="confirm"
      onClose={onClose}
    >
      <p>This cannot be undone. These go at once:</p>
      <ul className="ends">
        <li>
          <IconKey size={16} stroke={1.75} aria-hidden />
          {many === undefined ? "every secret" : count(many, "secret", "secrets")}
          {lastUse && `, ${many === 1 ? "" : "one "}used ${relative(lastUse).toLowerCase()}`}
        </li>
        <li>
          <IconShieldCheck size={16} stroke={1.75} aria-hidden />
          {count(rules, "access rule", "access rules")}
        </li>
        <li>
          <IconClock size={16} stroke={1.75} aria-hidden />
          every token that {single ? "it holds" : "they hold"}
        </li>
      </ul>
      <p className="ink2">{single ? "Its" : "Their"} history stays in the audit log.</p>
      <div className="dialog-buttons">
        {canDisable && (
          <button type="button" className="link left" onClick={onDisable}>
            Disable instead
          </button>
        )}
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={busy} onClick={() => void run()}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
