/** A rule as a line: what it gives and where, who gave it, and the trash that asks before it takes. */
import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "~/api/client";
import type { AccessRule } from "~/api/schema";
import { scopeQuery } from "~/components/names";
import { ReachMark } from "~/components/marks";
import { toast } from "~/components/toasts";
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
  subject: string;
  onDeleted: () => Promise<unknown>;
}

export function RuleRow({ rule, subject, onDeleted }: RuleRowProps) {
  const [asking, setAsking] = useState(false);
  const place = useQuery({ ...scopeQuery(rule.scopeId), enabled: rule.scopeType !== "tenant" });
  const remove = useMutation({
    mutationFn: () => deleteRule(rule.id),
    onSuccess: async () => {
      toast({ text: `Rule ${rule.roleName} in ${rule.scopeName} deleted` });
      await onDeleted();
    },
  });
  const name = `${rule.roleName} in ${rule.scopeName}`;
  const above = place.data?.scopePath.split("/").slice(0, -1).join(" / ");
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
        <div className="secret-ask" role="group" aria-label={`Delete rule ${name}?`}>
          <span className="grow">{remove.error?.message ?? lossWords(rule, subject)}</span>
          <Button size="xs" variant="default" autoFocus onClick={() => setAsking(false)}>
            Keep
          </Button>
          <Button size="xs" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            Delete
          </Button>
        </div>
      )}
    </li>
  );
}
