/** What an account may, as lines. */
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import type { AccessRule, OrgUnitNode, ServiceAccount } from "~/api/schema";
import { ReachMark } from "~/components/marks";
import { usePlaces } from "~/components/names";
import { useMay } from "~/features/session/session";
import { namesAbove } from "~/lib/levels";
import { day } from "~/lib/time";

import { rulesQuery } from "./queries";

export function RulesSection({ account, onAdd }: { account: ServiceAccount; onAdd: () => void }) {
  const rules = useQuery(rulesQuery(account.id, account.clientId));
  const places = usePlaces(rules.data?.map(({ scopeId }) => scopeId) ?? []);
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
          <RuleLine key={rule.id} rule={rule} place={places.get(rule.scopeId)} />
        ))}
        {rules.data?.length === 0 && <li className="line ink3">None: it can sign in, and do nothing.</li>}
      </ul>
    </section>
  );
}

function RuleLine({ rule, place }: { rule: AccessRule; place: OrgUnitNode | undefined }) {
  return (
    <li className="line">
      <ReachMark type={rule.scopeType} />
      <span className="cut">
        {rule.roleName} <span className="ink3">in</span> {rule.scopeName}
      </span>
      <span className="meta grow cut">{place && namesAbove(place.scopePath)}</span>
      <span className="meta">{day(rule.createdAt)}</span>
    </li>
  );
}
