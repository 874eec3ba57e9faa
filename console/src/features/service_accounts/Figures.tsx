/** When and whence an account last signed in, who made it, and what it used in a month. */
import { useQuery } from "@tanstack/react-query";

import type { ServiceAccount, ServiceAccountUsage } from "~/api/schema";
import { LastLogin, Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { TrendLine } from "~/components/plots";
import { count, number, relative } from "~/lib/time";

import { usageQuery } from "./queries";

export function Figures({ account }: { account: ServiceAccount }) {
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
            {from.secretTail && (
              <>
                {" "}
                with <span className="nowrap">ksk_…{from.secretTail}</span>
              </>
            )}
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
