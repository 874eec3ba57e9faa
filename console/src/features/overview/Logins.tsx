import type { ServiceAccountsOverview } from "~/api/schema";
import { count, number } from "~/lib/time";

export function Logins({ overview: { lastLogin, accounts } }: { overview: ServiceAccountsOverview }) {
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
