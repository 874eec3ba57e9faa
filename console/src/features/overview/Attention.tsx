/** What somebody should look at; each number leads to the table that shows it. */
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
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { ServiceAccountsOverview } from "~/api/schema";
import { clock, number, span } from "~/lib/time";
import type { View } from "~/lib/view";

export function Attention({ overview }: { overview: ServiceAccountsOverview }) {
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
          <span className="wide-only">{link}</span> <IconChevronRight size={14} stroke={1.75} aria-hidden />
        </Link>
      )}
    </li>
  );
}
