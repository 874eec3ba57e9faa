/** What needs attention, in numbers; each leads to the table that shows it. */
import {
  IconAlertCircle,
  IconBan,
  IconCalendarClock,
  IconChevronRight,
  IconCircleDashed,
  IconHourglass,
  IconShieldOff,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { api, dataOf } from "~/api/client";
import type { ServiceAccountsOverview, ServiceAccountsUsage } from "~/api/schema";
import { LEVEL_WORD, ReachMark } from "~/components/marks";
import { Page } from "~/components/Page";
import { TrendBars, TrendLine } from "~/components/plots";
import { Failed, NoPermission } from "~/components/states";
import { entryWords } from "~/features/audit/words";
import { useHeld, useMay, useSession } from "~/features/session/session";
import { clock, count, DAY, inFull, number, span, when } from "~/lib/time";
import type { View } from "~/lib/view";

import "../service_accounts/drawer.css";
import "./overview.css";

export function Overview() {
  const may = useMay();
  const held = useHeld();
  const { permissions } = useSession();
  const mayRead = may("read", "service-account");
  const overview = useQuery({
    queryKey: ["overview"],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }) => dataOf(await api.GET("/api/v1/service-accounts/overview", { signal })),
  });
  const usage = useQuery({
    queryKey: ["overview", "usage"],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }) => dataOf(await api.GET("/api/v1/service-accounts/usage", { signal })),
  });
  if (!mayRead) {
    return (
      <Page title="Overview">
        <NoPermission what="service accounts" held={held} roles="Application administrator or Department administrator" />
      </Page>
    );
  }
  const [highest] = permissions;
  const where = highest && (highest.scopeType === "tenant" || permissions.length === 1) ? highest.scopeName : "your scopes";
  return (
    <Page
      title="Overview"
      note={
        overview.data && (
          <span>
            Everything in {where}, as of <time data-tip={inFull(overview.data.asOf)}>{clock(overview.data.asOf)}</time>
          </span>
        )
      }
    >
      {overview.error && <Failed error={overview.error} title="The overview could not be made" onRetry={() => void overview.refetch()} />}
      {overview.data && (
        <div className="page-body">
          <Figures overview={overview.data} usage={usage.data} />
          <div className="overview">
            <div className="overview-main">
              <Attention overview={overview.data} />
              {may("read", "events-history") && <Latest />}
            </div>
            <div className="overview-side">
              <Logins overview={overview.data} />
              <Ages overview={overview.data} />
              {may("read", "access_rules") && <Reach overview={overview.data} />}
            </div>
          </div>
        </div>
      )}
    </Page>
  );
}

interface FiguresProps {
  overview: ServiceAccountsOverview;
  usage: ServiceAccountsUsage | undefined;
}

function Figures({ overview, usage }: FiguresProps) {
  const days = usage?.days ?? [];
  const tokens = days.map((one) => one.tokens);
  const refused = days.map((one) => one.refused);
  const usual = refused.length > 1 ? refused.slice(0, -1).reduce((sum, one) => sum + one, 0) / (refused.length - 1) : 0;
  const failedToday = refused.at(-1) ?? 0;
  const [worst] = overview.refusedToday;
  return (
    <dl className="overview-figures">
      <Figure label="Service accounts" value={overview.accounts} note={`${number.format(overview.createdLast30Days)} made in 30 days`} />
      <Figure label="Tokens issued today" value={tokens.at(-1) ?? 0} note={usage && `${number.format(usage.tokens)} in 30 days`}>
        <TrendLine values={tokens} label="Tokens a day" />
      </Figure>
      <Figure
        label="Failed sign-ins today"
        value={failedToday}
        brass={failedToday > 2 * usual && failedToday > 0}
        note={
          failedToday > 0
            ? `Usually ${number.format(Math.round(usual))} a day${worst ? `; ${number.format(worst.refused)} come from one account` : ""}`
            : "None"
        }
      >
        <TrendBars values={refused} label="Failed sign-ins a day" />
      </Figure>
      <Figure label="Access rules" value={overview.rules} note={`${number.format(overview.reach.tenant)} reach the whole tenant`} />
    </dl>
  );
}

interface FigureProps {
  label: string;
  value: number;
  note?: ReactNode;
  brass?: boolean;
  children?: ReactNode;
}

function Figure({ label, value, note, brass = false, children }: FigureProps) {
  return (
    <div className="overview-figure">
      <dt>{label}</dt>
      <dd className="big">{number.format(value)}</dd>
      <dd className={brass ? "meta brass" : "meta"}>{note}</dd>
      {children && <dd className="overview-plot">{children}</dd>}
    </div>
  );
}

function Attention({ overview }: { overview: ServiceAccountsOverview }) {
  const { secrets, lastLogin } = overview;
  const [worst] = overview.refusedToday;
  const oldest = overview.oldestSecret;
  const rows = [
    worst && (
      <Row
        key="refused"
        icon={IconAlertCircle}
        brass
        value={worst.refused}
        what={`failed sign-ins by ${worst.name} today`}
        note={`Last from ${worst.lastSourceIp ?? "an unknown address"}, since ${clock(worst.since)}.`}
        search={{ open: worst.serviceAccountId }}
        link="See it"
      />
    ),
    <Row
      key="expiring"
      icon={IconHourglass}
      brass
      value={secrets.expiringWithin30Days}
      what="accounts have a secret that expires within 30 days"
      note="A program whose only secret expires can't sign in."
      search={{ f: ["secretExpiresAt<=30d"], sort: "secretExpiresAt" }}
    />,
    <Row
      key="old"
      icon={IconCalendarClock}
      brass
      value={secrets.accountsWithSecretOlderThanYear}
      what="accounts have a secret older than a year"
      note={oldest && `The oldest, of ${oldest.name}, is ${span(Date.now() - new Date(oldest.createdAt).getTime())} old.`}
      search={{ f: ["secretCreatedAt<=-365d"], sort: "secretCreatedAt" }}
    />,
    <Row
      key="unused"
      icon={IconBan}
      value={lastLogin.longerAgo}
      what="accounts unused for 90 days"
      note="Disabling one can be undone; deleting cannot."
      search={{ f: ["lastLogin<=-90d"], sort: "lastLogin" }}
    />,
    <Row
      key="never"
      icon={IconCircleDashed}
      value={lastLogin.never}
      what="accounts never used"
      note={`${number.format(overview.neverUsedOlderThan30Days)} were made more than 30 days ago.`}
      search={{ f: ["lastLogin==never"], sort: "createdAt" }}
    />,
    <Row
      key="ruleless"
      icon={IconShieldOff}
      value={overview.withoutRules}
      what="accounts without access rules"
      note="They can sign in, and do nothing."
      search={{ f: ["accessRuleCount==0"] }}
    />,
  ];
  return (
    <section>
      <h2>Needs attention</h2>
      <ul className="attention">{rows}</ul>
    </section>
  );
}

interface RowProps {
  icon: Icon;
  value: number;
  what: string;
  note?: ReactNode;
  search: View;
  link?: string;
  brass?: boolean;
}

function Row({ icon: Sign, value, what, note, search, link = "Show accounts", brass = false }: RowProps) {
  return (
    <li className="attention-row">
      <Sign size={18} stroke={1.75} aria-hidden className={brass && value ? "attention-sign" : "ink3"} />
      <span className="attention-number">{number.format(value)}</span>
      <div className="grow">
        <p>{what}</p>
        {note && value > 0 && <p className="meta">{note}</p>}
      </div>
      {value > 0 && (
        <Link to="/service-accounts" search={search} className="row nowrap attention-link" aria-label={`${link}: ${what}`}>
          {link} <IconChevronRight size={14} stroke={1.75} aria-hidden />
        </Link>
      )}
    </li>
  );
}

function Latest() {
  const entries = useQuery({
    queryKey: ["overview", "latest"],
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v1/audit/log", {
          signal,
          params: {
            query: {
              start: new Date(Date.now() - 30 * DAY).toISOString(),
              end: new Date(Date.now() + 60_000).toISOString(),
              filterBy: ["action=|create|update|delete|reset-password"],
              sortOrder: "desc",
              numberOfSamples: 6,
            } as never,
          },
        }),
      ).logs,
  });
  return (
    <section>
      <div className="section-head">
        <h2>Latest changes</h2>
        <Link to="/audit-log">Open audit log</Link>
      </div>
      <ul>
        {entries.data?.map((entry) => {
          const { before, name, after } = entryWords(entry);
          return (
            <li key={entry.id} className="line">
              <time className="meta line-time" dateTime={entry.timestamp} data-tip={inFull(entry.timestamp)}>
                {when(entry.timestamp)}
              </time>
              <span className="grow cut">
                {before} <b>{name}</b> {after}
              </span>
              <span className="meta">{entry.subject}</span>
            </li>
          );
        })}
        {entries.data?.length === 0 && <li className="line ink3">Nothing changed in 30 days.</li>}
      </ul>
    </section>
  );
}

function Logins({ overview: { lastLogin, accounts } }: { overview: ServiceAccountsOverview }) {
  const parts = [
    { label: "Today", value: lastLogin.today, tone: "t0" },
    { label: "Within 7 days", value: lastLogin.within7Days, tone: "t1" },
    { label: "Within 30 days", value: lastLogin.within30Days, tone: "t2" },
    { label: "Within 90 days", value: lastLogin.within90Days, tone: "t3" },
    { label: "Longer ago", value: lastLogin.longerAgo, tone: "old" },
    { label: "Never", value: lastLogin.never, tone: "never" },
  ];
  return (
    <section>
      <h2>Last login</h2>
      <p className="meta">When {count(accounts, "account", "accounts")} last signed in.</p>
      <div className="parts" aria-hidden="true">
        {parts.filter((part) => part.value).map(({ label, value, tone }) => (
          <span key={label} className={`part ${tone}`} style={{ flexGrow: value }} />
        ))}
      </div>
      <dl className="legend">
        {parts.map(({ label, value, tone }) => (
          <div key={label} className="row">
            <span className={`part dot ${tone}`} aria-hidden="true" />
            <dt className="grow">{label}</dt>
            <dd>{number.format(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Ages({ overview: { secrets } }: { overview: ServiceAccountsOverview }) {
  const { ages } = secrets;
  const bars = [
    { label: "30 d", words: "up to 30 days", value: ages.within30Days },
    { label: "90 d", words: "up to 90 days", value: ages.within90Days },
    { label: "6 mo", words: "up to 6 months", value: ages.within180Days },
    { label: "1 yr", words: "up to a year", value: ages.withinYear },
    { label: "1–2 yr", words: "one to two years", value: ages.olderThanYear, old: true },
    { label: "2+ yr", words: "more than two years", value: ages.olderThan2Years, old: true },
  ];
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const all = bars.reduce((sum, bar) => sum + bar.value, 0);
  return (
    <section>
      <h2>Secret age</h2>
      <p className="meta">
        Of {count(all, "account", "accounts")} with a secret, by the oldest; {number.format(ages.olderThanYear + ages.olderThan2Years)}{" "}
        older than a year.
      </p>
      <ul className="bars">
        {bars.map(({ label, words, value, old }) => (
          <li key={label} className={old && value ? "bar-column old" : "bar-column"}>
            <span className="bar-value">
              {number.format(value)}
              <span className="visually-hidden"> {words}</span>
            </span>
            <span className="bar-fill" style={{ height: `${Math.max(value ? 2 : 0, (value / most) * 64)}px` }} />
            <span className="meta" aria-hidden="true">
              {label}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reach({ overview: { reach } }: { overview: ServiceAccountsOverview }) {
  const levels = ["tenant", "cluster", "department", "project"] as const;
  const most = Math.max(1, ...levels.map((level) => reach[level]));
  return (
    <section>
      <h2>Reach</h2>
      <p className="meta">Where access rules start.</p>
      <ul>
        {levels.map((level) => (
          <li key={level} className="reach-row">
            <ReachMark type={level} />
            <span className="reach-word">{LEVEL_WORD[level]}</span>
            <span className="reach-line" aria-hidden="true">
              <span style={{ width: `${(reach[level] / most) * 100}%` }} />
            </span>
            <b>{number.format(reach[level])}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
