/** A role beside the table: what it is, and its matrix. */
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import { Drawer } from "~/components/Drawer";
import { Failed } from "~/components/states";

import { Matrix } from "./Matrix";
import { LIST_KEY } from "./spec";

export function RoleDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const role = useQuery({
    queryKey: [LIST_KEY, "one", id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET("/api/v2/authorization/roles/{roleId}", { signal, params: { path: { roleId: Number(id) } } })),
  });
  return (
    <Drawer label={role.data?.name ?? "Role"} closeLabel="Close role" rowId={id} onClose={onClose}>
      {role.error && <Failed error={role.error} title="The role could not be loaded" onRetry={() => void role.refetch()} />}
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
    </Drawer>
  );
}
