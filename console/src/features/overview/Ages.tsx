import type { ServiceAccountsOverview } from "~/api/schema";
import { count, number } from "~/lib/time";

export function Ages({ overview: { secrets } }: { overview: ServiceAccountsOverview }) {
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
