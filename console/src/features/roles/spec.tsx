/** The table of roles: its columns, its filters, where its rows come from. */
import { api } from "~/api/client";
import type { Role } from "~/api/schema";
import type { ListRequest, ListResult, ListSpec } from "~/components/list/spec";
import { Moment } from "~/components/Moment";
import { Empty } from "~/components/states";

export const LIST_KEY = "roles";

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<Role>> {
  const { data, response } = await api.GET("/api/v2/authorization/roles", { signal, params: { query: request as never } });
  return { rows: data?.roles ?? [], total: Number(response.headers.get("x-total-count") ?? 0), exact: true };
}

export const rolesSpec = (onOpen: (role: Role) => void): ListSpec<Role> => ({
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
