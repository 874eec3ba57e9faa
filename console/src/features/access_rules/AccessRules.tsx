import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { AccessRule, AccessRuleSubject } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useHeld, useMay } from "~/features/session/session";
import { each } from "~/lib/each";
import { count } from "~/lib/time";

import { RuleForm } from "./RuleForm";
import { deleteRule, lossWords } from "./RuleRow";
import "../service_accounts/accounts.css";

const LIST_KEY = "access-rules";
const TYPES: Record<string, string> = { user: "User", group: "Group", "service-account": "Service account", app: "Service account" };

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<AccessRule>> {
  const page = dataOf(
    await api.GET("/api/v1/authorization/access-rules", { signal, params: { query: request as never } }),
  );
  return { rows: page.accessRules, total: page.totalRecords, exact: true };
}

const spec: ListSpec<AccessRule> = {
  id: LIST_KEY,
  title: "Access rules",
  noun: { one: "access rule", many: "access rules" },
  columns: [
    { id: "subjectType", header: "Type", width: 126, sort: "subjectType", cell: ({ subjectType }) => TYPES[subjectType] },
    {
      id: "subjectId",
      header: "Subject",
      width: 240,
      sort: "subjectId",
      phone: "title",
      cell: ({ subjectId }) => (
        <span className="name-cell cut" data-tip={subjectId} data-tip-cut>
          {subjectId}
        </span>
      ),
    },
    { id: "roleName", header: "Role", width: 220, grows: true, sort: "roleName", phone: "sub", cell: ({ roleName }) => <span className="cut">{roleName}</span> },
    {
      id: "scopeName",
      header: "Scope",
      width: 190,
      sort: "scopeName",
      phone: "meta",
      cell: ({ scopeName, scopeType }) => (
        <>
          <ReachMark type={scopeType} />
          <span className="cut" data-tip={scopeName} data-tip-cut>
            {scopeName}
          </span>
        </>
      ),
    },
    { id: "createdBy", header: "Authorized by", width: 170, sort: "createdBy", cell: ({ createdBy }) => <span className="cut">{createdBy}</span> },
    { id: "createdAt", header: "Creation time", width: 112, sort: "createdAt", cell: ({ createdAt }) => <Moment at={createdAt} as="day" /> },
    { id: "updatedAt", header: "Last updated", width: 124, sort: "updatedAt", cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
    { id: "id", header: "ID", width: 80, optional: true, numeric: true, cell: ({ id }) => id },
  ],
  filters: [
    {
      field: "subjectType",
      label: "Type",
      kind: "choice",
      options: [
        { value: "service-account", label: "Service account" },
        { value: "user", label: "User" },
        { value: "group", label: "Group" },
      ],
    },
    { field: "subjectId", label: "Subject", kind: "text" },
    { field: "roleName", label: "Role", kind: "text" },
    { field: "scopeName", label: "Scope", kind: "text" },
    { field: "createdBy", label: "Authorized by", kind: "text" },
    { field: "createdAt", label: "Creation time", kind: "date" },
    { field: "updatedAt", label: "Last updated", kind: "date" },
  ],
  defaultSort: "-createdAt",
  rowId: ({ id }) => String(id),
  rowName: ({ subjectId, roleName, scopeName }) => `${subjectId}: ${roleName} in ${scopeName}`,
  load,
  empty: (
    <Empty
      title="No access rules yet"
      what="A rule gives a subject a role in a scope, and in everything below it."
      steps={["Choose a person, a group or a service account.", "Choose a role.", "Choose the scopes."]}
    />
  ),
};

export function AccessRules() {
  const may = useMay();
  const held = useHeld();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<readonly AccessRule[]>([]);
  const mayCreate = may("create", "access_rules");
  const refresh = useCallback(
    () => Promise.all([[LIST_KEY], ["account"], ["service-accounts"]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
    [queries],
  );
  const actions = useMemo<readonly RowAction<AccessRule>[]>(
    () => [
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        many: true,
        offered: (rows) => rows.every((row) => row.permittedActions?.includes("delete")),
        run: setDeleting,
      },
    ],
    [],
  );
  const add = useCallback(() => setAdding(true), []);
  if (!may("read", "access_rules")) {
    return (
      <Page title="Access rules">
        <NoPermission what="access rules" held={held} roles="Department administrator or Research manager" />
      </Page>
    );
  }
  return (
    <ListPage
      spec={spec}
      actions={actions}
      onNew={mayCreate ? add : undefined}
      primary={
        mayCreate && (
          <Button leftSection={<IconPlus size={16} stroke={1.75} />} className="primary" aria-label="New access rule" onClick={add}>
            <span className="wide-only">New access rule</span>
          </Button>
        )
      }
    >
      {adding && <NewRule onClose={() => setAdding(false)} onSaved={refresh} />}
      {deleting.length > 0 && <DeleteRules rules={deleting} onClose={() => setDeleting([])} onDeleted={refresh} />}
    </ListPage>
  );
}

const SUBJECTS = [
  { value: "service-account", label: "Service account" },
  { value: "user", label: "User" },
  { value: "group", label: "Group" },
];
const SUBJECT_HELP: Record<string, string> = {
  "service-account": "Its client ID. It must exist.",
  user: "Their e-mail. They may come later: the rule waits for them.",
  group: "Its name, as people's groups say it.",
};

function NewRule({ onClose, onSaved }: { onClose: () => void; onSaved: () => Promise<unknown> }) {
  const [type, setType] = useState<AccessRuleSubject["subjectType"]>("service-account");
  const [name, setName] = useState("");
  const subject = name.trim() ? { subjectType: type, subjectId: name.trim() } : null;
  return (
    <Dialog title="New access rule" lead="A rule reaches its scope and everything below it." width="wide" cross onClose={onClose}>
      <div className="stack">
        <SegmentedControl
          size="xs"
          w="fit-content"
          aria-label="Type of subject"
          data={SUBJECTS}
          value={type}
          onChange={(value) => setType(value as AccessRuleSubject["subjectType"])}
        />
        <TextInput
          label="Subject"
          data-autofocus
          description={SUBJECT_HELP[type]}
          inputWrapperOrder={["label", "input", "description"]}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <RuleForm subject={subject} onSaved={onSaved} onCancel={onClose} onAllSaved={onClose} />
    </Dialog>
  );
}

interface DeleteRulesProps {
  rules: readonly AccessRule[];
  onClose: () => void;
  onDeleted: () => Promise<unknown>;
}

function DeleteRules({ rules, onClose, onDeleted }: DeleteRulesProps) {
  const [busy, setBusy] = useState(false);
  const [only] = rules;
  const run = async () => {
    setBusy(true);
    const failures = await each(rules, (rule) => deleteRule(rule.id));
    await onDeleted();
    const done = rules.length - failures.length;
    if (done) toast({ text: `${count(done, "rule", "rules")} deleted` });
    const [first] = failures;
    if (first) {
      const why = first.error instanceof Problem ? first.error.message : "The server did not answer.";
      toast({ tone: "warn", text: `${count(failures.length, "rule", "rules")} not deleted: ${why}` });
    }
    onClose();
  };
  return (
    <Dialog title={`Delete ${count(rules.length, "access rule", "access rules")}?`} width="confirm" onClose={onClose}>
      <p>{rules.length === 1 && only ? lossWords(only, only.subjectId) : "What they give ends at once."}</p>
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
