import { Badge, Button } from "@mantine/core";
import { IconBan, IconCircleCheck, IconPencil, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { Role } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { Moment } from "~/components/Moment";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useHeld, useMay } from "~/features/session/session";
import type { View } from "~/lib/view";

import { Matrix } from "./Matrix";
import { RoleEditor } from "./RoleEditor";
import "../service_accounts/drawer.css";
import "../service_accounts/accounts.css";

const LIST_KEY = "roles";

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<Role>> {
  const { data, response } = await api.GET("/api/v2/authorization/roles", { signal, params: { query: request as never } });
  return { rows: data?.roles ?? [], total: Number(response.headers.get("x-total-count") ?? 0), exact: true };
}

const rolesSpec = (onOpen: (role: Role) => void): ListSpec<Role> => ({
  id: LIST_KEY,
  title: "Roles",
  noun: { one: "role", many: "roles" },
  columns: [
    {
      id: "name",
      header: "Role",
      width: 250,
      sort: "name",
      phone: "title",
      cell: (role) => (
        <>
          <button type="button" className="plain name-cell cut" tabIndex={-1} onClick={() => onOpen(role)}>
            {role.name}
          </button>
          {!role.enabled && <span className="tag">Disabled</span>}
          {role.deprecated && <span className="tag">Deprecated</span>}
        </>
      ),
    },
    {
      id: "custom",
      header: "Kind",
      width: 110,
      sort: "custom",
      phone: "meta",
      cell: ({ custom }) => (custom ? "Custom" : <span className="ink2">Predefined</span>),
    },
    {
      id: "description",
      header: "Description",
      width: 320,
      grows: true,
      phone: "sub",
      cell: ({ description }) => (
        <span className="cut ink2" data-tip={description} data-tip-cut>
          {description}
        </span>
      ),
    },
    {
      id: "createdBy",
      header: "Created by",
      width: 150,
      sort: "createdBy",
      cell: ({ createdBy, custom }) => <span className="cut ink2">{custom ? createdBy : "Comes with Keystead"}</span>,
    },
    {
      id: "createdAt",
      header: "Creation time",
      width: 112,
      sort: "createdAt",
      cell: ({ createdAt, custom }) => (custom ? <Moment at={createdAt} as="day" /> : null),
    },
  ],
  filters: [
    { field: "name", label: "Role", kind: "text" },
    {
      field: "custom",
      label: "Kind",
      kind: "status",
      options: [
        { value: "true", label: "Custom" },
        { value: "false", label: "Predefined" },
      ],
    },
    {
      field: "enabled",
      label: "Status",
      kind: "status",
      options: [
        { value: "true", label: "Enabled" },
        { value: "false", label: "Disabled" },
      ],
    },
    { field: "createdBy", label: "Created by", kind: "text" },
  ],
  defaultSort: "name",
  rowId: ({ id }) => String(id),
  rowName: ({ name }) => name,
  isQuiet: ({ enabled }) => !enabled,
  load,
  empty: <Empty title="No roles" what="A role is a set of permissions that rules give." />,
});

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
  const spec = useMemo(() => rolesSpec(show), [show]);
  const refresh = useCallback(() => queries.invalidateQueries({ queryKey: [LIST_KEY] }), [queries]);
  const setEnabled = useCallback(
    async (role: Role, enabled: boolean) => {
      const params = { path: { roleId: role.id } };
      try {
        if (enabled) await api.POST("/api/v2/authorization/roles/{roleId}/enable", { params });
        else await api.POST("/api/v2/authorization/roles/{roleId}/disable", { params });
        toast({ text: `${role.name} ${enabled ? "enabled" : "disabled"}` });
      } catch (error) {
        toast({ tone: "warn", text: error instanceof Problem ? error.message : "The server did not answer." });
      }
      await refresh();
    },
    [refresh],
  );
  const actions = useMemo<readonly RowAction<Role>[]>(() => {
    const permits = (action: "update" | "delete") => (rows: readonly Role[]) =>
      rows.every((row) => row.permittedActions?.includes(action));
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
      onNew={mayCreate ? add : undefined}
      primary={
        mayCreate && (
          <Button leftSection={<IconPlus size={16} stroke={1.75} />} className="primary" aria-label="New role" onClick={add}>
            <span className="wide-only">New role</span>
          </Button>
        )
      }
      drawer={() => open && <RoleDrawer id={open} onClose={() => show(undefined)} />}
    >
      {dialog && dialog.kind !== "delete" && (
        <RoleEditor role={dialog.kind === "edit" ? dialog.role : null} onClose={() => setDialog(null)} onSaved={refresh} />
      )}
      {dialog?.kind === "delete" && <DeleteRole role={dialog.role} onClose={() => setDialog(null)} onDeleted={refresh} />}
    </ListPage>
  );
}

function RoleDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const role = useQuery({
    queryKey: [LIST_KEY, "one", id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET("/api/v2/authorization/roles/{roleId}", { signal, params: { path: { roleId: Number(id) } } })),
  });
  return (
    <aside className="drawer" aria-label={role.data?.name ?? "Role"}>
      <div className="drawer-tools">
        <button type="button" className="icon-button" aria-label="Close role" onClick={onClose}>
          <IconX size={16} stroke={1.75} />
        </button>
      </div>
      {role.error && (
        <p className="drawer-head" role="alert">
          {role.error.message}
        </p>
      )}
      {role.data && (
        <>
          <header className="drawer-head">
            <h2>
              {role.data.name}
              <Badge color={role.data.enabled ? "green" : "gray"}>{role.data.enabled ? "Enabled" : "Disabled"}</Badge>
            </h2>
            <p className="ink2">{role.data.description}</p>
            <p className="meta">{role.data.custom ? `Custom, made by ${role.data.createdBy}` : "Comes with Keystead: it can't be changed."}</p>
          </header>
          <div className="drawer-body">
            <Matrix permissions={role.data.permissions} />
          </div>
        </>
      )}
    </aside>
  );
}

interface DeleteRoleProps {
  role: Role;
  onClose: () => void;
  onDeleted: () => Promise<unknown>;
}

function DeleteRole({ role, onClose, onDeleted }: DeleteRoleProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await api.DELETE("/api/v2/authorization/roles/{roleId}", { params: { path: { roleId: role.id } } });
      toast({ text: `${role.name} deleted` });
      await onDeleted();
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "The server did not answer.");
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Delete ${role.name}?`} width="confirm" onClose={onClose}>
      <p>This cannot be undone. A role that rules give can't be deleted: its rules go first.</p>
      {problem && (
        <p role="alert" className="dialog-error">
          {problem}
        </p>
      )}
      <div className="dialog-buttons">
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
