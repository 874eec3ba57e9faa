import { SegmentedControl, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { api, dataOf } from "~/api/client";
import type { AccessRule, AccessRuleSubject } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { Dialog } from "~/components/Dialog";
import { doEach } from "~/components/doEach";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { useHeld, useMay } from "~/features/session/session";
import { permits } from "~/lib/permits";
import { count } from "~/lib/time";

import { RuleForm } from "./RuleForm";
import { deleteRule, lossWords } from "./RuleRow";

const LIST_KEY = "access-rules";
const TYPES: Record<string, string> = { user: "User", group: "Group", "service-account": "Service account", app: "Service account" };

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<AccessRule>> {
  const page = dataOf(
    await api.GET("/api/v1/authorization/access-rules", { signal, params: { query: request as never } }),
  );
  return { rows: page.accessRules, total: page.totalRecords, exact: true };
}

const ruleWords = ({ subjectId, roleName, scopeName }: AccessRule) => `${subjectId}: ${roleName} in ${scopeName}`;

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
  rowName: ruleWords,
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
        offered: permits("delete"),
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
      create={mayCreate && { label: "New access rule", run: add }}
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
  const [only] = rules;
  const remove = useMutation({
    mutationFn: () =>
      doEach(rules, { noun: spec.noun, verb: "deleted", nameOf: ruleWords, refresh: onDeleted }, ({ id }) => deleteRule(id)),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog title={`Delete ${count(rules.length, "access rule", "access rules")}?`} verb="Delete" work={remove} onClose={onClose}>
      <p>{rules.length === 1 && only ? lossWords(only, only.subjectId) : "What they give ends at once."}</p>
    </ConfirmDialog>
  );
}
