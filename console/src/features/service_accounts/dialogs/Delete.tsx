import { IconClock, IconKey, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";

import type { ServiceAccount } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
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
  const run = useMutation({ mutationFn: () => remove(accounts), onSuccess: onClose });
  const [only] = accounts;
  const single = accounts.length === 1;
  const secrets = useQuery({ ...secretsQuery(only?.id ?? ""), enabled: single });
  const rules = accounts.reduce((sum, account) => sum + (account.accessRuleCount ?? 0), 0);
  const many = single ? (secrets.data?.length ?? only?.secretCount) : undefined;
  const lastUse = accounts.map((account) => account.lastLogin ?? "").toSorted().at(-1);
  const canDisable = accounts.some((account) => account.enabled && account.permittedActions?.includes("update"));
  return (
    <ConfirmDialog
      title={single ? `Delete ${only?.name}?` : `Delete ${count(accounts.length, "account", "accounts")}?`}
      verb="Delete"
      work={run}
      instead={canDisable && { label: "Disable instead", run: onDisable }}
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
    </ConfirmDialog>
  );
}
