import type { ServiceAccountsOverview } from "~/api/schema";
import { ReachMark } from "~/components/marks";
import { LEVEL_WORD } from "~/lib/levels";
import { number } from "~/lib/time";

export function Reach({ overview: { reach } }: { overview: ServiceAccountsOverview }) {
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
