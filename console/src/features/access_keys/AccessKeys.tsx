/** Everybody's access keys, for those who look after them. */
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { api } from "~/api/client";
import type { AccessKeyAdministration } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { CopyIcon } from "~/components/CopyButton";
import { doEach } from "~/components/doEach";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { LastLogin, Moment } from "~/components/Moment";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { useHeld, useMay } from "~/features/session/session";
import { permits } from "~/lib/permits";
import { capital } from "~/lib/words";

import { narrowing } from "./words";

const LIST_KEY = "all-access-keys";

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<AccessKeyAdministration>> {
  const { data, response } = await api.GET("/api/v1/administration/access-keys", { signal, params: { query: request as never } });
  const rows = data?.accessKeys ?? [];
  return { rows, total: Number(response.headers.get("x-total-count") ?? rows.length), exact: true };
}

const spec: ListSpec<AccessKeyAdministration> = {
  id: LIST_KEY,
  title: "Access keys",
  noun: { one: "access key", many: "access keys" },
  columns: [
    { id: "name", header: "Access key", width: 220, sort: "name", phone: "title", cell: ({ name }) => <span className="name-cell cut">{name}</span> },
    { id: "createdBy", header: "User", width: 220, grows: true, sort: "createdBy", phone: "sub", cell: ({ createdBy }) => <span className="cut">{createdBy}</span> },
    {
      id: "clientId",
      header: "Client ID",
      width: 312,
      sort: "clientId",
      cell: ({ clientId }) => (
        <>
          <span className="cut ink2" data-tip={clientId} data-tip-cut>
            {clientId}
          </span>
          <CopyIcon text={clientId} label="Copy client ID" tabIndex={-1} />
        </>
      ),
    },
    {
      id: "may",
      header: "May",
      width: 180,
      cell: (key) => <span className="cut ink2">{capital(narrowing(key)) || "Whatever its person may"}</span>,
    },
    { id: "lastLogin", header: "Last login", width: 130, sort: "lastLogin", phone: "meta", cell: ({ lastLogin }) => <LastLogin at={lastLogin} /> },
    { id: "createdAt", header: "Creation time", width: 112, sort: "createdAt", cell: ({ createdAt }) => <Moment at={createdAt} as="day" /> },
  ],
  filters: [
    { field: "name", label: "Access key", kind: "text" },
    { field: "createdBy", label: "User", kind: "text" },
    { field: "clientId", label: "Client ID", kind: "text" },
    { field: "lastLogin", label: "Last login", kind: "date", never: true },
    { field: "createdAt", label: "Creation time", kind: "date" },
  ],
  defaultSort: "name",
  rowId: ({ id }) => id,
  rowName: ({ name, createdBy }) => `${name} of ${createdBy}`,
  load,
  empty: <Empty title="No access keys" what="People make them in their settings, for programs that act for them." />,
};

export function AccessKeys() {
  const may = useMay();
  const held = useHeld();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState<readonly AccessKeyAdministration[]>([]);
  const actions = useMemo<readonly RowAction<AccessKeyAdministration>[]>(
    () => [
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        many: true,
        offered: permits("delete"),
        run: setDeleting,
      },
    ],
    [],
  );
  if (!may("read", "access-keys")) {
    return (
      <Page title="Access keys">
        <NoPermission what="access keys" held={held} roles="System administrator" />
      </Page>
    );
  }
  return (
    <ListPage spec={spec} actions={actions}>
      {deleting.length > 0 && (
        <DeleteKeys keys={deleting} onClose={() => setDeleting([])} onDone={() => queries.invalidateQueries({ queryKey: [LIST_KEY] })} />
      )}
    </ListPage>
  );
}

interface DeleteKeysProps {
  keys: readonly AccessKeyAdministration[];
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

function DeleteKeys({ keys, onClose, onDone }: DeleteKeysProps) {
  const [only] = keys;
  const single = keys.length === 1;
  const remove = useMutation({
    mutationFn: () =>
      doEach(keys, { noun: spec.noun, verb: "deleted", nameOf: ({ name }) => name, refresh: onDone }, ({ id }) =>
        api.DELETE("/api/v1/administration/access-keys/{accessKeyId}", { params: { path: { accessKeyId: id } } }),
      ),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog title={single ? `Delete ${only?.name}?` : `Delete ${keys.length} access keys?`} verb="Delete" work={remove} onClose={onClose}>
      <p>
        This cannot be undone. {single ? "Its secret and tokens stop" : "Their secrets and tokens stop"} at once; what acts for{" "}
        {single ? only?.createdBy : "these people"} by {single ? "it" : "them"} can't any more.
      </p>
    </ConfirmDialog>
  );
}
