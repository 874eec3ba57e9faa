/** The four numbers at the top, with their last month. */
import type { ReactNode } from "react";

import type { ServiceAccountsOverview, ServiceAccountsUsage } from "~/api/schema";
import { TrendBars, TrendLine } from "~/components/plots";
import { number } from "~/lib/time";

interface FiguresProps {
  overview: ServiceAccountsOverview;
  usage: ServiceAccountsUsage | undefined;
}

export function Figures({ overview, usage }: FiguresProps) {
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
