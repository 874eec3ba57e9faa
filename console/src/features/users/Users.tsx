import {
  IconBan,
  IconCircleCheck,
  IconLogout,
  IconPassword,
  IconShieldOff,
  IconTrash,
  IconUsersGroup,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";

import type { User2 } from "~/api/schema";
import { ListPage } from "~/components/list/ListPage";
import type { RowAction } from "~/components/list/spec";
import { Page } from "~/components/Page";
import { NoPermission } from "~/components/states";
import { useHeld, useMay, useSession } from "~/features/session/session";
import { permits } from "~/lib/permits";

import { doWithUsers, setEnabled } from "./actions";
import type { UserDialog } from "./dialogs/UserDialogs";
import { LIST_KEY, usersSpec } from "./spec";

const UserDialogs = lazy(() => import("./dialogs/UserDialogs").then((room) => ({ default: room.UserDialogs })));

export function Users() {
  const may = useMay();
  const held = useHeld();
  const queries = useQueryClient();
  const { person } = useSession();
  const [dialog, setDialog] = useState<UserDialog | null>(null);
  const mayCreate = may("create", "users");
  const refresh = useCallback(() => queries.invalidateQueries({ queryKey: [LIST_KEY] }), [queries]);
  const enable = useCallback(
    (users: readonly User2[]) => void doWithUsers(users, "enabled", setEnabled(true), refresh),
    [refresh],
  );
  const actions = useMemo<readonly RowAction<User2>[]>(() => {
    const open = (kind: Exclude<UserDialog["kind"], "new">) => (users: readonly User2[]) => setDialog({ kind, users });
    return [
      { key: "reset", label: () => "Reset password", icon: IconPassword, hotkey: "r", offered: permits("update"), run: open("reset") },
      { key: "groups", label: () => "Groups", icon: IconUsersGroup, offered: permits("update"), run: open("groups") },
      { key: "log-out", label: () => "Log out", icon: IconLogout, many: true, offered: permits("update"), run: open("log-out") },
      {
        key: "second-factor",
        label: () => "Remove second factor",
        icon: IconShieldOff,
        offered: (rows) => permits("update")(rows) && rows.every((row) => row.secondFactor),
        run: open("second-factor"),
      },
      {
        key: "disable",
        label: () => "Disable",
        icon: IconBan,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.every((row) => row.enabled && row.id !== person?.id),
        run: open("disable"),
      },
      {
        key: "enable",
        label: () => "Enable",
        icon: IconCircleCheck,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.every((row) => !row.enabled),
        run: enable,
      },
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        many: true,
        offered: (rows) => permits("delete")(rows) && rows.every((row) => row.id !== person?.id),
        run: open("delete"),
      },
    ];
  }, [enable, person]);
  const add = useCallback(() => setDialog({ kind: "new" }), []);
  if (!may("read", "users")) {
    return (
      <Page title="Users">
        <NoPermission what="users" held={held} roles="Department administrator" />
      </Page>
    );
  }
  return (
    <ListPage spec={usersSpec} actions={actions} create={mayCreate && { label: "New user", run: add }}>
      {dialog && (
        <Suspense fallback={null}>
          <UserDialogs dialog={dialog} onClose={() => setDialog(null)} onDone={refresh} />
        </Suspense>
      )}
    </ListPage>
  );
}
