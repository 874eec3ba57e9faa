/** Everybody's access keys, for those who look after them. */
import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { api, Problem } from "~/api/client";
import type { AccessKeyAdministration } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import { Dialog } from "~/components/Dialog";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { LastLogin, Moment } from "~/components/Moment";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useHeld, useMay } from "~/features/session/session";
import { each } from "~/lib/each";
import { count } from "~/lib/time";

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
      width: 330,
      sort: "clientId",
      cell: ({ clientId }) => (
        <>
          <code className="cut ink2">{clientId}</code>
          <CopyIcon text={clientId} label="Copy client ID" tabIndex={-1} />
        </>
      ),
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
        offered: (rows) => rows.every((row) => row.permittedActions.includes("delete")),
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
  const [busy, setBusy] = useState(false);
  const [only] = keys;
  const run = async () => {
    setBusy(true);
    const failures = await each(keys, ({ id }) =>
      api.DELETE("/api/v1/administration/access-keys/{accessKeyId}", { params: { path: { accessKeyId: id } } }),
    );
    await onDone();
    const done = keys.length - failures.length;
    if (done) toast({ text: `${count(done, "access key", "access keys")} deleted` });
    const [first] = failures;
    if (first) {
      const why = first.error instanceof Problem ? first.error.message : "The server did not answer.";
      toast({ tone: "warn", text: `${first.item.name} not deleted: ${why}` });
    }
    onClose();
  };
  return (
    <Dialog title={keys.length === 1 ? `Delete ${only?.name}?` : `Delete ${keys.length} access keys?`} width="confirm" onClose={onClose}>
      <p>This cannot be undone. Secrets and tokens stop at once; what acts for {keys.length === 1 ? only?.createdBy : "these people"} by them can't any more.</p>
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
