/** Which account this is, and what can be done with it. */
import { Badge, Button } from "@mantine/core";
import { IconBan, IconCircleCheck, IconRefresh, IconShieldCheck, IconTrash } from "@tabler/icons-react";

import type { ServiceAccount } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import { useMay } from "~/features/session/session";

import { useSetEnabled } from "./actions";
import type { Dialog } from "./ServiceAccounts";

export function AccountHead({ account, onDialog }: { account: ServiceAccount; onDialog: (dialog: Dialog) => void }) {
  const setEnabled = useSetEnabled();
  const accounts = [account];
  const mayUpdate = account.permittedActions?.includes("update");
  const mayReadRules = useMay()("read", "access_rules");
  return (
    <header className="drawer-head">
      <h2>
        {account.name}
        <Badge color={account.enabled ? "green" : "gray"}>{account.enabled ? "Enabled" : "Disabled"}</Badge>
      </h2>
      <p className="row">
        <span className="ink2">Client ID</span>
        <code>{account.clientId}</code>
        <CopyIcon text={account.clientId} label="Copy client ID" />
      </p>
      {account.description && <p className="ink2">{account.description}</p>}
      <div className="drawer-actions">
        {mayReadRules && (
          <Button variant="default" leftSection={<IconShieldCheck size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "rules", accounts })}>
            Access rules
          </Button>
        )}
        {mayUpdate && (
          <>
            <Button variant="default" leftSection={<IconRefresh size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "regenerate", accounts })}>
              Regenerate client secret
            </Button>
            {account.enabled ? (
              <Button variant="default" leftSection={<IconBan size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "disable", accounts })}>
                Disable
              </Button>
            ) : (
              <Button variant="default" leftSection={<IconCircleCheck size={16} stroke={1.75} />} onClick={() => void setEnabled(accounts, true)}>
                Enable
              </Button>
            )}
          </>
        )}
        {account.permittedActions?.includes("delete") && (
          <Button
            variant="default"
            className="danger-text"
            leftSection={<IconTrash size={16} stroke={1.75} />}
            onClick={() => onDialog({ kind: "delete", accounts })}
          >
            Delete
          </Button>
        )}
      </div>
    </header>
  );
}
