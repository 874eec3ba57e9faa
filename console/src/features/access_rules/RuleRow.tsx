/** A rule as a line: what it gives and where, who gave it, and the trash that asks before it takes. */
import { IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "~/api/client";
import type { AccessRule, OrgUnitNode } from "~/api/schema";
import { Ask } from "~/components/Ask";
import { ReachMark } from "~/components/marks";
import { toast } from "~/components/toasts";
import { namesAbove } from "~/lib/levels";
import { day } from "~/lib/time";

import "./rules.css";

export const deleteRule = (id: number) =>
  api.DELETE("/api/v1/authorization/access-rules/{accessRuleId}", { params: { path: { accessRuleId: id } } });

/** What a deletion takes, in a sentence. */
export function lossWords(rule: Pick<AccessRule, "roleName" | "scopeName" | "scopeType">, subject: string): string {
  const below = rule.scopeType === "project" ? "" : " and all below it";
  return `${subject} loses ${rule.roleName} in ${rule.scopeName}${below}, at once.`;
}

interface RuleRowProps {
  rule: AccessRule;
  /** Its scope in the organisation, once that is known. */
  place: OrgUnitNode | undefined;
  subject: string;
  onDeleted: () => Promise<unknown>;
}

export function RuleRow({ rule, place, subject, onDeleted }: RuleRowProps) {
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteRule(rule.id),
    onSuccess: async () => {
      toast({ text: `Rule ${rule.roleName} in ${rule.scopeName} deleted` });
      await onDeleted();
    },
  });
  const name = `${rule.roleName} in ${rule.scopeName}`;
  const above = place && namesAbove(place.scopePath);
  const mayDelete = rule.permittedActions?.includes("delete") ?? false;
  return (
    <li className="rule-row">
      <span className="rule-what">
        <ReachMark type={rule.scopeType} />
        <span>
          {rule.roleName} <span className="ink3">in</span> {rule.scopeName}
        </span>
        {above && <span className="meta cut">{above}</span>}
      </span>
      <span className="meta rule-given">
        {rule.createdBy}, {day(rule.createdAt)}
      </span>
      {mayDelete && (
        <button type="button" className="icon-button" aria-label={`Delete rule ${name}`} onClick={() => setAsking(true)}>
          <IconTrash size={16} stroke={1.75} />
        </button>
      )}
      {asking && (
        <Ask label={`Delete rule ${name}?`} keep="Keep" verb="Delete" work={remove} onKeep={() => setAsking(false)}>
          {lossWords(rule, subject)}
        </Ask>
      )}
    </li>
  );
}
