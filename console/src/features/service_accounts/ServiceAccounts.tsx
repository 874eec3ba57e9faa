import {
  IconBan,
  IconCircleCheck,
  IconHelp,
  IconKey,
  IconRefresh,
  IconShieldCheck,
  IconTrash,
  IconClipboard,
} from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";

import type { ServiceAccount } from "~/api/schema";
import { ListPage } from "~/components/list/ListPage";
import type { RowAction } from "~/components/list/spec";
import { NoPermission } from "~/components/states";
import { Page } from "~/components/Page";
import { ReachMark } from "~/components/marks";
import { toast } from "~/components/toasts";
import { useHeld, useMay, useSession } from "~/features/session/session";
import { copyText } from "~/lib/copy";
import { permits } from "~/lib/permits";
import type { View } from "~/lib/view";

import { useSetEnabled } from "./actions";
import { accountsSpec } from "./spec";
import "./accounts.css";

const AccountDrawer = lazy(() => import("./AccountDrawer").then((room) => ({ default: room.AccountDrawer })));
const Dialogs = lazy(() => import("./dialogs/Dialogs").then((room) => ({ default: room.Dialogs })));

/** What a dialog is about: the accounts are those that were selected when it opened. */
export type Dialog =
  | { kind: "new" }
  | { kind: "rules" | "regenerate" | "delete" | "disable" | "add-secret" | "secrets" | "why"; accounts: readonly ServiceAccount[] };

export function ServiceAccounts() {
  const may = useMay();
  const held = useHeld();
  if (!may("read", "service-account")) {
    return (
      <Page title="Service accounts">
        <NoPermission what="service accounts" held={held} roles="Application administrator or Department administrator" />
      </Page>
    );
  }
  return <AccountsTable />;
}

function AccountsTable() {
  const may = useMay();
  const { permissions } = useSession();
  const navigate = useNavigate();
  const { open }: View = useSearch({ strict: false });
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const setEnabled = useSetEnabled();
  const mayCreate = may("create", "service-account");

  const openAccount = useCallback(
    (account: Pick<ServiceAccount, "id">) =>
      void navigate({ to: ".", search: (view: View) => ({ ...view, open: account.id }), resetScroll: false }),
    [navigate],
  );
  const close = useCallback(
    () => void navigate({ to: ".", search: (view: View) => ({ ...view, open: undefined }), resetScroll: false }),
    [navigate],
  );
  const spec = useMemo(() => accountsSpec(openAccount), [openAccount]);

  const actions = useMemo<readonly RowAction<ServiceAccount>[]>(
    () => [
      {
        key: "rules",
        label: () => "Access rules",
        icon: IconShieldCheck,
        hotkey: "a",
        offered: () => may("read", "access_rules"),
        run: (accounts) => setDialog({ kind: "rules", accounts }),
      },
      {
        key: "regenerate",
        label: () => "Regenerate client secret",
        icon: IconRefresh,
        hotkey: "r",
        offered: permits("update"),
        run: (accounts) => setDialog({ kind: "regenerate", accounts }),
      },
      {
        key: "disable",
        label: () => "Disable",
        icon: IconBan,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.some((row) => row.enabled),
        run: (accounts) => setDialog({ kind: "disable", accounts: accounts.filter((account) => account.enabled) }),
      },
      {
        key: "enable",
        label: () => "Enable",
        icon: IconCircleCheck,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.every((row) => !row.enabled),
        run: (accounts) => void setEnabled(accounts, true),
      },
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        many: true,
        offered: permits("delete"),
        run: (accounts) => setDialog({ kind: "delete", accounts }),
      },
      {
        key: "secrets",
        label: () => "Secrets",
        icon: IconKey,
        aside: true,
        offered: () => true,
        run: (accounts) => setDialog({ kind: "secrets", accounts }),
      },
      {
        key: "why",
        label: () => "Why",
        icon: IconHelp,
        aside: true,
        offered: () => may("read", "access_rules"),
        run: (accounts) => setDialog({ kind: "why", accounts }),
      },
      {
        key: "copy",
        label: () => "Copy client ID",
        icon: IconClipboard,
        hotkey: "c",
        aside: true,
        keyOnly: true,
        offered: () => true,
        run: ([account]) => void (account && copyClientId(account)),
      },
    ],
    [may, setEnabled],
  );

  const newAccount = useCallback(() => setDialog({ kind: "new" }), []);
  const [reach] = permissions;
  return (
    <ListPage
      spec={spec}
      actions={actions}
      onOpen={openAccount}
      openId={open}
      onClose={close}
      create={mayCreate && { label: "New service account", run: newAccount }}
      note={
        reach && reach.scopeType !== "tenant" ? (
          <>
            <ReachMark type={reach.scopeType} />
            Reaches {reach.scopeName}
            {permissions.length > 1 ? ` and ${permissions.length - 1} more` : ""}
          </>
        ) : undefined
      }
      drawer={(rows) =>
        open && (
          <Suspense fallback={null}>
            <AccountDrawer id={open} rows={rows} onOpen={openAccount} onClose={close} onDialog={setDialog} />
          </Suspense>
        )
      }
    >
      {dialog && (
        <Suspense fallback={null}>
          <Dialogs dialog={dialog} onDialog={setDialog} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </ListPage>
  );
}

async function copyClientId(account: ServiceAccount): Promise<void> {
  const done = await copyText(account.clientId);
  toast(done ? { text: `Client ID ${account.clientId} copied` } : { text: "The browser does not let the page copy here", tone: "warn" });
}
