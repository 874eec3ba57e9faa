/** The table of users: its columns, its filters, where its rows come from. */
import { api } from "~/api/client";
import type { User2 } from "~/api/schema";
import type { ListRequest, ListResult, ListSpec } from "~/components/list/spec";
import { LastLogin, Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { Empty } from "~/components/states";

export const LIST_KEY = "users";

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<User2>> {
  const { data, response } = await api.GET("/api/v1/users", { signal, params: { query: request as never } });
  return { rows: data ?? [], total: Number(response.headers.get("x-total-count") ?? 0), exact: true };
}

export const usersSpec: ListSpec<User2> = {
  id: LIST_KEY,
  title: "Users",
  noun: { one: "user", many: "users" },
  columns: [
    {
      id: "username",
      header: "User",
      width: 260,
      sort: "username",
      phone: "title",
      cell: (user) => (
        <>
          <span className="name-cell cut" data-tip={user.username} data-tip-cut>
            {user.username}
          </span>
          {!user.enabled && <span className="tag">Disabled</span>}
          {user.passwordIsTemporary && <span className="tag">Temporary password</span>}
        </>
      ),
    },
    {
      id: "groups",
      header: "Groups",
      width: 200,
      grows: true,
      phone: "sub",
      cell: ({ groups }) => (groups.length ? <span className="cut">{groups.join(", ")}</span> : <span className="ink3">None</span>),
    },
    { id: "lastLogin", header: "Last login", width: 130, sort: "lastLogin", phone: "meta", cell: ({ lastLogin }) => <LastLogin at={lastLogin} /> },
    {
      id: "secondFactor",
      header: "Second factor",
      width: 112,
      cell: ({ secondFactor }) => (secondFactor ? "On" : <span className="ink3">Off</span>),
    },
    {
      id: "scopeName",
      header: "Home",
      width: 150,
      cell: ({ scopeName, scopeType }) => (
        <>
          <ReachMark type={scopeType} />
          <span className="cut">{scopeName}</span>
        </>
      ),
    },
    { id: "createdBy", header: "Created by", width: 170, sort: "createdBy", cell: ({ createdBy }) => <span className="cut">{createdBy}</span> },
    { id: "creationTime", header: "Creation time", width: 112, sort: "createdAt", cell: ({ createdAt }) => <Moment at={createdAt} as="day" /> },
  ],
  filters: [
    { field: "username", label: "User", kind: "text" },
    { field: "createdBy", label: "Created by", kind: "text" },
    { field: "lastLogin", label: "Last login", kind: "date", never: true },
    { field: "creationTime", label: "Creation time", kind: "date" },
  ],
  defaultSort: "username",
  rowId: ({ id }) => id,
  rowName: ({ username }) => username,
  isQuiet: ({ enabled }) => !enabled,
  load,
  empty: <Empty title="No users" what="People who sign in to this console." />,
};
