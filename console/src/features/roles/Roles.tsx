import { IconBan, IconCircleCheck, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import { api } from "~/api/client";
import type { Role } from "~/api/schema";
import { doEach } from "~/components/doEach";
import { ListPage } from "~/components/list/ListPage";
import type { RowAction } from "~/components/list/spec";
import { Page } from "~/components/Page";
import { NoPermission } from "~/components/states";
import { useHeld, useMay } from "~/features/session/session";
import { permits } from "~/lib/permits";
import type { View } from "~/lib/view";

import { DeleteRole } from "./DeleteRole";
import { RoleDrawer } from "./RoleDrawer";
import { RoleEditor } from "./RoleEditor";
import { LIST_KEY, rolesSpec } from "./spec";

type RoleDialog = { kind: "new" } | { kind: "edit" | "delete"; role: Role };

export function Roles() {
  const may = useMay();
  const held = useHeld();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { open }: View = useSearch({ strict: false });
  const [dialog, setDialog] = useState<RoleDialog | null>(null);
  const show = useCallback(
    (role: Role | undefined) =>
      void navigate({ to: ".", resetScroll: false, search: (view: View) => ({ ...view, open: role && String(role.id) }) }),
    [navigate],
  );
  const close = useCallback(() => show(undefined), [show]);
  const spec = useMemo(() => rolesSpec(show), [show]);
  const refresh = useCallback(() => queries.invalidateQueries({ queryKey: [LIST_KEY] }), [queries]);
  const setEnabled = useCallback(
    async (role: Role, enabled: boolean) => {
      const params = { path: { roleId: role.id } };
      const telling = { noun: spec.noun, verb: enabled ? "enabled" : "disabled", nameOf: ({ name }: Role) => name, refresh };
      await doEach([role], telling, () =>
        enabled
          ? api.POST("/api/v2/authorization/roles/{roleId}/enable", { params })
          : api.POST("/api/v2/authorization/roles/{roleId}/disable", { params }),
      );
    },
    [refresh, spec],
  );
  const actions = useMemo<readonly RowAction<Role>[]>(() => {
    const one = (run: (role: Role) => void) => (rows: readonly Role[]) => rows[0] && run(rows[0]);
    return [
      {
        key: "edit",
        label: () => "Edit",
        icon: IconPencil,
        offered: permits("update"),
        run: one((role) => setDialog({ kind: "edit", role })),
      },
      {
        key: "disable",
        label: () => "Disable",
        icon: IconBan,
        hotkey: "e",
        offered: (rows) => permits("update")(rows) && rows.every((row) => row.enabled),
        run: one((role) => void setEnabled(role, false)),
      },
      {
        key: "enable",
        label: () => "Enable",
        icon: IconCircleCheck,
        hotkey: "e",
        offered: (rows) => permits("update")(rows) && rows.every((row) => !row.enabled),
        run: one((role) => void setEnabled(role, true)),
      },
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        offered: permits("delete"),
        run: one((role) => setDialog({ kind: "delete", role })),
      },
    ];
  }, [setEnabled]);
  const add = useCallback(() => setDialog({ kind: "new" }), []);
  if (!may("read", "roles")) {
    return (
      <Page title="Roles">
        <NoPermission what="roles" held={held} roles="Department administrator" />
      </Page>
    );
  }
  const mayCreate = may("create", "roles");
  return (
    <ListPage
      spec={spec}
      actions={actions}
      onOpen={show}
      openId={open}
      create={mayCreate && { label: "New role", run: add }}
      onClose={close}
      drawer={() => open && <RoleDrawer id={open} onClose={close} />}
    >
      {dialog && dialog.kind !== "delete" && (
        <RoleEditor role={dialog.kind === "edit" ? dialog.role : null} onClose={() => setDialog(null)} onSaved={refresh} />
      )}
      {dialog?.kind === "delete" && <DeleteRole role={dialog.role} onClose={() => setDialog(null)} onDeleted={refresh} />}
    </ListPage>
  );
}
