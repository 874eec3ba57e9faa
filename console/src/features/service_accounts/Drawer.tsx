/** One account beside the table, which stays live: J and K walk on, the address can be sent. */
import { Badge, Button } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconBan,
  IconChevronDown,
  IconChevronUp,
  IconCircleCheck,
  IconPlus,
  IconRefresh,
  IconShieldCheck,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { Problem } from "~/api/client";
import type { AccessRule, ServiceAccount, ServiceAccountUsage } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import { LastLogin, Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { scopeQuery } from "~/components/names";
import { TrendLine } from "~/components/plots";
import { Failed, State } from "~/components/states";
import { Why } from "~/features/access_rules/Why";
import { entryWords } from "~/features/audit/words";
import { useMay } from "~/features/session/session";
import { dialogIsOpen, isTyping } from "~/lib/keys";
import { count, day, inFull, number, relative, when } from "~/lib/time";

import { useSetEnabled } from "./actions";
import { accountQuery, activityQuery, rulesQuery, secretsQuery, usageQuery } from "./queries";
import { Secrets } from "./Secrets";
import type { Dialog } from "./ServiceAccounts";
import "./drawer.css";

interface DrawerProps {
  id: string;
  rows: readonly ServiceAccount[];
  onOpen: (account: Pick<ServiceAccount, "id">) => void;
  onClose: () => void;
  onDialog: (dialog: Dialog) => void;
}

export function Drawer({ id, rows, onOpen, onClose, onDialog }: DrawerProps) {
  const account = useQuery({ ...accountQuery(id), placeholderData: () => rows.find((row) => row.id === id) });
  const [whole, setWhole] = useState(false);
  const frame = useRef<HTMLElement>(null);
  const at = rows.findIndex((row) => row.id === id);
  const [before, after] = [rows[at - 1], at < 0 ? undefined : rows[at + 1]];

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogIsOpen()) return;
      const inTable = event.target instanceof Element && event.target.closest("table.list");
      if (event.key === "Escape" && !inTable) onClose();
      else if (event.key === "j" && after && !inTable) onOpen(after);
      else if (event.key === "k" && before && !inTable) onOpen(before);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [after, before, onClose, onOpen]);
  // The focus goes into the drawer when it opens, and back to its row when it closes.
  useEffect(() => {
    frame.current?.focus();
    return () => document.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus();
  }, [id]);

  const gone = account.error instanceof Problem && account.error.status === 404;
  return (
    <aside ref={frame} tabIndex={-1} className={whole ? "drawer whole" : "drawer"} aria-label={account.data?.name ?? "Service account"}>
      <div className="drawer-tools">
        <button type="button" className="icon-button" aria-label="Previous account" disabled={!before} onClick={() => before && onOpen(before)}>
          <IconChevronUp size={16} stroke={1.75} />
        </button>
        <button type="button" className="icon-button" aria-label="Next account" disabled={!after} onClick={() => after && onOpen(after)}>
          <IconChevronDown size={16} stroke={1.75} />
        </button>
        <button
          type="button"
          className="icon-button drawer-size"
          aria-label={whole ? "Beside the table" : "Whole width"}
          onClick={() => setWhole(!whole)}
        >
          {whole ? <IconArrowsMinimize size={16} stroke={1.75} /> : <IconArrowsMaximize size={16} stroke={1.75} />}
        </button>
        <button type="button" className="icon-button" aria-label="Close account" onClick={onClose}>
          <IconX size={16} stroke={1.75} />
        </button>
      </div>
      {gone ? (
        <State title="This account is gone">
          <p>It was deleted, or lives where you may not see.</p>
        </State>
      ) : account.error ? (
        <Failed error={account.error} title="The account could not be loaded" onRetry={() => void account.refetch()} />
      ) : (
        account.data && <Account key={id} account={account.data} onDialog={onDialog} />
      )}
    </aside>
  );
}

function Account({ account, onDialog }: { account: ServiceAccount; onDialog: (dialog: Dialog) => void }) {
  const may = useMay();
  const setEnabled = useSetEnabled();
  const accounts = [account];
  const mayUpdate = account.permittedActions?.includes("update");
  const mayReadRules = may("read", "access_rules");
  return (
    <>
      <header className="drawer-head">
        <h2>
          {account.name}
          <Badge color={account.enabled ? "green" : "gray"}>{account.enabled ? "Enabled" : "Disabled"}</Badge>
        </h2>
        <p className="row">
          <span className="ink2">Client ID</span>
          <code>{account.clientId}</code>
          <CopyIcon text={account.clientId} label="Copy client ID" />
        </p>
        {account.description && <p className="ink2">{account.description}</p>}
        <div className="drawer-actions">
          {mayReadRules && (
            <Button variant="default" leftSection={<IconShieldCheck size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "rules", accounts })}>
              Access rules
            </Button>
          )}
          {mayUpdate && (
            <>
              <Button variant="default" leftSection={<IconRefresh size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "regenerate", accounts })}>
                Regenerate client secret
              </Button>
              {account.enabled ? (
                <Button variant="default" leftSection={<IconBan size={16} stroke={1.75} />} onClick={() => onDialog({ kind: "disable", accounts })}>
                  Disable
                </Button>
              ) : (
                <Button variant="default" leftSection={<IconCircleCheck size={16} stroke={1.75} />} onClick={() => void setEnabled(accounts, true)}>
                  Enable
                </Button>
              )}
            </>
          )}
          {account.permittedActions?.includes("delete") && (
            <Button
              variant="default"
              className="danger-text"
              leftSection={<IconTrash size={16} stroke={1.75} />}
              onClick={() => onDialog({ kind: "delete", accounts })}
            >
              Delete
            </Button>
          )}
        </div>
      </header>
      <div className="drawer-body">
        <Figures account={account} />
        <section>
          <div className="section-head">
            <h3>Secrets</h3>
            {mayUpdate && (
              <button type="button" className="link" onClick={() => onDialog({ kind: "add-secret", accounts })}>
                <IconPlus size={16} stroke={1.75} aria-hidden />
                Add secret
              </button>
            )}
          </div>
          <Secrets account={account} bare onAdd={() => onDialog({ kind: "add-secret", accounts })} />
        </section>
        {mayReadRules && (
          <>
            <RulesSection account={account} onAdd={() => onDialog({ kind: "rules", accounts })} />
            <section>
              <div className="section-head bare">
                <h3>Why</h3>
              </div>
              <Why subject={{ subjectId: account.clientId, subjectType: "service-account" }} />
            </section>
          </>
        )}
        {may("read", "events-history") && <Activity account={account} />}
      </div>
    </>
  );
}

function Figures({ account }: { account: ServiceAccount }) {
  const usage = useQuery(usageQuery(account.id));
  const from = usage.data?.lastLogin;
  return (
    <dl className="figures">
      <div>
        <dt>Last login</dt>
        <dd>
          <LastLogin at={account.lastLogin} />
        </dd>
        {from?.sourceIp && (
          <dd className="meta">
            from {from.sourceIp}
            {from.secretTail && ` with ksk_…${from.secretTail}`}
          </dd>
        )}
      </div>
      <div>
        <dt>Created by</dt>
        <dd className="cut" data-tip={account.createdBy} data-tip-cut>
          {account.createdBy}
        </dd>
        <dd className="meta">
          <Moment at={account.createdAt} as="day" />
        </dd>
      </div>
      <div>
        <dt>Last updated</dt>
        <dd>
          <Moment at={account.updatedAt} />
        </dd>
        <dd className="meta row">
          <ReachMark type={account.scopeType} />
          lives in {account.scopeName}
        </dd>
      </div>
      <Tokens usage={usage.data} />
    </dl>
  );
}

function Tokens({ usage }: { usage: ServiceAccountUsage | undefined }) {
  return (
    <div>
      <dt>Tokens, 30 days</dt>
      {usage && (
        <>
          <dd className="row">
            <span className="figure-number">{number.format(usage.tokens)}</span>
            <TrendLine values={usage.days.map((one) => one.tokens)} label="Tokens a day" />
          </dd>
          {usage.refused > 0 && (
            <dd className="meta brass">
              {count(usage.refused, "failed sign-in", "failed sign-ins")}
              {usage.lastRefused && `, last ${relative(usage.lastRefused.at).toLowerCase()} from ${usage.lastRefused.sourceIp}`}
            </dd>
          )}
        </>
      )}
    </div>
  );
}

function RulesSection({ account, onAdd }: { account: ServiceAccount; onAdd: () => void }) {
  const rules = useQuery(rulesQuery(account.id, account.clientId));
  const mayCreate = useMay()("create", "access_rules");
  return (
    <section>
      <div className="section-head">
        <h3>Access rules</h3>
        {mayCreate && (
          <button type="button" className="link" onClick={onAdd}>
            <IconPlus size={16} stroke={1.75} aria-hidden />
            Access rule
          </button>
        )}
      </div>
      <ul>
        {rules.data?.map((rule) => (
          <RuleLine key={rule.id} rule={rule} />
        ))}
        {rules.data?.length === 0 && <li className="line ink3">None: it can sign in, and do nothing.</li>}
      </ul>
    </section>
  );
}

function RuleLine({ rule }: { rule: AccessRule }) {
  const place = useQuery({ ...scopeQuery(rule.scopeId), enabled: rule.scopeType !== "tenant" });
  return (
    <li className="line">
      <ReachMark type={rule.scopeType} />
      <span className="cut">
        {rule.roleName} <span className="ink3">in</span> {rule.scopeName}
      </span>
      <span className="meta grow cut">{place.data?.scopePath.split("/").slice(0, -1).join(" / ")}</span>
      <span className="meta">{day(rule.createdAt)}</span>
    </li>
  );
}

function Activity({ account }: { account: ServiceAccount }) {
  const entries = useQuery(activityQuery(account.id));
  const secrets = useQuery(secretsQuery(account.id));
  const tail = (id: string | undefined) => secrets.data?.find((secret) => secret.id === id)?.tail;
  return (
    <section>
      <div className="section-head">
        <h3>Recent activity</h3>
        <Link to="/audit-log" search={{ about: account.id, days: "all" }}>
          Open in audit log
        </Link>
      </div>
      <ul>
        {entries.data?.map((entry) => {
          const { before, name, after } = entryWords(entry);
          const secret = tail(entry.metadata.secretId ?? entry.metadata.credentialId);
          return (
            <li key={entry.id} className="line">
              <time className="meta line-time" dateTime={entry.timestamp} data-tip={inFull(entry.timestamp)}>
                {when(entry.timestamp)}
              </time>
              <span className="grow cut">
                {before} {name} {after}
                {secret && <span className="ink3"> (ksk_…{secret})</span>}
              </span>
              <span className="meta">{entry.action === "sign-in" ? (entry.source_ip ?? "") : entry.subject}</span>
            </li>
          );
        })}
        {entries.data?.length === 0 && <li className="line ink3">Nothing yet.</li>}
      </ul>
    </section>
  );
}
