/** The table of service accounts: its columns, its filters, where its rows come from. */
import { IconHourglass } from "@tabler/icons-react";
import { Popover } from "@mantine/core";

import { api } from "~/api/client";
import type { ServiceAccount, ServiceAccountRule } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import type { Column, ListRequest, ListResult, ListSpec } from "~/components/list/spec";
import { LastLogin, Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { Empty } from "~/components/states";
import type { FilterField } from "~/lib/filters";
import { named } from "~/lib/named";
import { DAY, inFull, span } from "~/lib/time";

const EXPIRES_SOON_DAYS = 30;

export function RuleText({ rule }: { rule: ServiceAccountRule }) {
  const whole = `${rule.roleName} in ${rule.scopeName}`;
  return (
    <span className="rule-text" data-tip={whole}>
      <ReachMark type={rule.scopeType} />
      <span className="rule-role cut">{rule.roleName}</span>
      <span className="rule-in">in</span>
      <span className="rule-scope">{rule.scopeName}</span>
    </span>
  );
}

function Rules({ account }: { account: ServiceAccount }) {
  const [first, second] = account.accessRules;
  if (!first) return <span className="ink3">None</span>;
  const hidden = account.accessRuleCount - 1;
  return (
    <>
      <RuleText rule={first} />
      {second && (
        <span className="second-rule">
          <RuleText rule={second} />
        </span>
      )}
      {hidden > 0 && (
        <Popover position="bottom-start" width={340} shadow="none" withinPortal>
          <Popover.Target>
            <button
              type="button"
              className="more-rules"
              aria-label={`${hidden} more access rules`}
              onClick={(event) => event.stopPropagation()}
            >
              <span className="more-one">+{hidden}</span>
              <span className="more-two">{hidden > 1 && `+${hidden - 1}`}</span>
            </button>
          </Popover.Target>
          <Popover.Dropdown {...named(`Access rules of ${account.name}`)}>
            <ul className="stack rules-popover">
              {account.accessRules.map((rule) => (
                <li key={rule.id}>
                  <RuleText rule={rule} />
                </li>
              ))}
              {account.accessRuleCount > account.accessRules.length && (
                <li className="meta">and {account.accessRuleCount - account.accessRules.length} more</li>
              )}
            </ul>
          </Popover.Dropdown>
        </Popover>
      )}
    </>
  );
}

function ExpiryMark({ account }: { account: ServiceAccount }) {
  if (!account.secretExpiresAt) return null;
  const left = new Date(account.secretExpiresAt).getTime() - Date.now();
  if (left > EXPIRES_SOON_DAYS * DAY) return null;
  const words = left > 0 ? `A secret expires in ${span(left)}` : "A secret has expired";
  return (
    <span className="expiry-mark" role="img" aria-label={words} data-tip={`${words}\n${inFull(account.secretExpiresAt)}`}>
      <IconHourglass size={14} stroke={1.75} aria-hidden />
    </span>
  );
}

function columns(onOpen: (account: ServiceAccount) => void): readonly Column<ServiceAccount>[] {
  return [
    {
      id: "name",
      header: "Service account",
      width: 234,
      sort: "name",
      phone: "title",
      cell: (account) => (
        <>
          <button type="button" className="plain name-cell cut" tabIndex={-1} data-tip={account.name} data-tip-cut onClick={() => onOpen(account)}>
            {account.name}
          </button>
          {!account.enabled && <span className="tag">Disabled</span>}
          <ExpiryMark account={account} />
        </>
      ),
    },
    {
      id: "clientId",
      header: "Client ID",
      width: 166,
      sort: "clientId",
      cell: ({ clientId }) => (
        <>
          <span className="ink2 cut" data-tip={clientId} data-tip-cut>
            {clientId}
          </span>
          <CopyIcon text={clientId} label="Copy client ID" tabIndex={-1} />
        </>
      ),
    },
    {
      id: "accessRules",
      header: "Access rule(s)",
      width: 286,
      grows: true,
      sort: "accessRules",
      phone: "sub",
      cell: (account) => <Rules account={account} />,
    },
    {
      id: "lastLogin",
      header: "Last login",
      width: 126,
      sort: "lastLogin",
      phone: "meta",
      cell: ({ lastLogin }) => <LastLogin at={lastLogin} />,
    },
    {
      id: "createdBy",
      header: "Created by",
      width: 146,
      sort: "createdBy",
      cell: ({ createdBy }) => (
        <span className="cut" data-tip={createdBy} data-tip-cut>
          {createdBy}
        </span>
      ),
    },
    { id: "createdAt", header: "Creation time", width: 112, sort: "createdAt", cell: ({ createdAt }) => <Moment at={createdAt} as="day" /> },
    { id: "updatedAt", header: "Last updated", width: 124, sort: "updatedAt", cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
    {
      id: "enabled",
      header: "Status",
      width: 96,
      sort: "enabled",
      optional: true,
      cell: ({ enabled }) => (enabled ? "Enabled" : "Disabled"),
    },
    {
      id: "secretCreatedAt",
      header: "Secret age",
      width: 110,
      sort: "secretCreatedAt",
      optional: true,
      cell: ({ secretCreatedAt }) =>
        secretCreatedAt ? (
          <time dateTime={secretCreatedAt} data-tip={inFull(secretCreatedAt)}>
            {span(Date.now() - new Date(secretCreatedAt).getTime())}
          </time>
        ) : (
          <span className="ink3">No secret</span>
        ),
    },
    {
      id: "secretExpiresAt",
      header: "Secret expires",
      width: 124,
      sort: "secretExpiresAt",
      optional: true,
      cell: ({ secretExpiresAt }) => <Moment at={secretExpiresAt} />,
    },
    {
      id: "scopeName",
      header: "Home",
      width: 150,
      optional: true,
      cell: ({ scopeName, scopeType }) => (
        <>
          <ReachMark type={scopeType} />
          <span className="cut">{scopeName}</span>
        </>
      ),
    },
    {
      id: "id",
      header: "ID",
      width: 290,
      optional: true,
      cell: ({ id }) => (
        <>
          <code className="cut">{id}</code>
          <CopyIcon text={id} label="Copy ID" tabIndex={-1} />
        </>
      ),
    },
  ];
}

const FILTERS: readonly FilterField[] = [
  { field: "name", label: "Service account", kind: "text" },
  { field: "clientId", label: "Client ID", kind: "text" },
  { field: "roleId", label: "Access rule(s): role", kind: "role" },
  { field: "scope", label: "Access rule(s): scope", kind: "scope" },
  { field: "accessRules", label: "Access rule(s): text", kind: "text" },
  { field: "accessRuleCount", label: "Access rule(s): number", kind: "number" },
  { field: "lastLogin", label: "Last login", kind: "date", never: true },
  { field: "createdBy", label: "Created by", kind: "person" },
  { field: "createdAt", label: "Creation time", kind: "date" },
  { field: "updatedAt", label: "Last updated", kind: "date" },
  {
    field: "enabled",
    label: "Status",
    kind: "status",
    options: [
      { value: "true", label: "Enabled" },
      { value: "false", label: "Disabled" },
    ],
  },
  { field: "secretCreatedAt", label: "Secret age", kind: "age" },
  { field: "secretExpiresAt", label: "Secret expires", kind: "date", never: true },
  { field: "scopeId", label: "Home", kind: "scope" },
  { field: "id", label: "ID", kind: "text" },
];

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<ServiceAccount>> {
  const { data, response } = await api.GET("/api/v1/service-accounts", {
    signal,
    params: { query: request as never },
  });
  return {
    rows: data ?? [],
    total: Number(response.headers.get("x-total-count") ?? 0),
    exact: response.headers.get("x-total-count-exact") !== "false",
  };
}

export const LIST_KEY = "service-accounts";

export const accountsSpec = (onOpen: (account: ServiceAccount) => void): ListSpec<ServiceAccount> => ({
  id: LIST_KEY,
  title: "Service accounts",
  noun: { one: "service account", many: "service accounts" },
  columns: columns(onOpen),
  filters: FILTERS,
  defaultSort: "name",
  rowId: ({ id }) => id,
  rowName: ({ name }) => name,
  isQuiet: ({ enabled }) => !enabled,
  load,
  csv: {
    path: "/api/v1/service-accounts",
    columnNames: Object.fromEntries(columns(onOpen).map(({ id }) => [id, id])),
  },
  empty: (
    <Empty
      title="No service accounts yet"
      what="A service account is an identity for a program."
      steps={[
        "Create one and copy its client secret.",
        "Give it an access rule: a role, in a scope.",
        "The program exchanges the secret for a token.",
      ]}
    />
  ),
});
