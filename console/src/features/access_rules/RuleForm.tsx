/** A role, and up to ten places from the organisation's tree: one rule for each. What fails stays, with its reason. */
import { Button, Select } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { api, dataOf } from "~/api/client";
import type { AccessRuleSubject, OrgUnitNode } from "~/api/schema";
import { ReachMark } from "~/components/marks";
import { useRoles } from "~/components/names";
import { ScopeTree } from "~/components/ScopeTree";
import { toast } from "~/components/toasts";
import { useSession } from "~/features/session/session";
import { BELOW, LEVEL_WORD, namesAbove } from "~/lib/levels";
import { count } from "~/lib/time";

import "./rules.css";

export const MOST_SCOPES = 10;

interface RuleFormProps {
  subject: AccessRuleSubject | null;
  onSaved: () => Promise<unknown>;
  onCancel: () => void;
  onAllSaved: () => void;
  /** The form came by a press: its first field takes the focus. */
  takesFocus?: boolean;
}

export function RuleForm({ subject, onSaved, onCancel, onAllSaved, takesFocus = false }: RuleFormProps) {
  const roles = useRoles();
  const { roles: held } = useSession();
  const [roleId, setRoleId] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly OrgUnitNode[]>([]);
  const [reasons, setReasons] = useState<ReadonlyMap<string, string>>(new Map());
  const role = roles.find((one) => String(one.id) === roleId);

  const save = useMutation({
    mutationFn: async () => {
      if (!subject || !roleId) throw new Error("a rule needs a subject and a role");
      return dataOf(
        await api.POST("/api/v1/authorization/access-rules/batch-create", {
          body: {
            payload: {
              roleId: Number(roleId),
              subjects: [subject],
              scopes: scopes.map(({ scopeId, scopeType }) => ({ scopeId, scopeType })),
            },
          },
        }),
      );
    },
    onSuccess: async ({ succeeded, failed }) => {
      await onSaved();
      const total = succeeded.length + failed.length;
      if (failed.length === 0) {
        toast({ text: `${count(total, "rule", "rules")} saved` });
        onAllSaved();
        return;
      }
      const why = new Map(failed.map(({ payload, message }) => [payload.scopeId, message]));
      setReasons(why);
      setScopes(scopes.filter((scope) => why.has(scope.scopeId)));
      toast({ tone: "warn", text: `${succeeded.length} of ${total} rules saved` });
    },
  });

  const choose = (node: OrgUnitNode, on: boolean) => {
    setReasons(new Map());
    setScopes(on ? [...scopes, node] : scopes.filter((one) => one.scopeId !== node.scopeId));
  };
  const full = scopes.length >= MOST_SCOPES ? `At most ${MOST_SCOPES} scopes at once` : null;
  const first = held[0];
  return (
    <section className="rule-form" aria-label="New access rule">
      <div className="rule-form-role">
        <Select
          label="Role"
          placeholder="Choose a role"
          searchable
          autoFocus={takesFocus}
          openOnFocus={false}
          data={roles.filter((one) => one.enabled).map((one) => ({ value: String(one.id), label: one.name }))}
          value={roleId}
          onChange={setRoleId}
          nothingFoundMessage="No role is called that"
        />
        <p className="meta grow">
          {role ? (
            <>
              {role.description}{" "}
              <Link to="/roles" search={{ open: String(role.id) }}>
                See the whole role
              </Link>
            </>
          ) : (
            "A role is a set of permissions. The rule gives it in the scopes that you choose, and in all below them."
          )}
        </p>
      </div>
      <div className="rule-form-scopes">
        <div className="rule-form-tree">
          <ScopeTree label="Scopes" chosen={scopes.map((one) => one.scopeId)} onChoose={choose} full={full} />
        </div>
        <div className="rule-form-chosen">
          <p className="row rule-form-count">
            <b className="grow">Scopes</b>
            <b>
              {scopes.length} of {MOST_SCOPES}
            </b>
          </p>
          <ul>
            {scopes.map((scope) => (
              <li key={scope.scopeId} className="chosen-scope">
                <ReachMark type={scope.scopeType} />
                <div className="grow">
                  <b>{scope.scopeName}</b>
                  <p className="meta">{namesAbove(scope.scopePath)}</p>
                  <p className="chosen-reach">{reachWords(scope)}</p>
                  {reasons.has(scope.scopeId) && <p className="chosen-reason">{reasons.get(scope.scopeId)}</p>}
                </div>
                <button
                  type="button"
                  className="icon-button small"
                  aria-label={`Remove ${scope.scopeName}`}
                  onClick={() => choose(scope, false)}
                >
                  <IconX size={14} stroke={1.75} />
                </button>
              </li>
            ))}
          </ul>
          {first && (
            <p className="meta rule-form-why">
              You may give what you hold yourself: you hold {first.roleName} in {first.scopeName}
              {held.length > 1 ? ` and ${held.length - 1} more` : ""}.
            </p>
          )}
        </div>
      </div>
      <div className="rule-form-foot">
        <p className="grow ink2" role="status">
          {save.error ? (
            <span className="chosen-reason">{save.error.message}</span>
          ) : scopes.length ? (
            `Adds ${count(scopes.length, "rule", "rules")}, one for each scope.`
          ) : (
            "Choose at least one scope."
          )}
        </p>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button disabled={!subject || !roleId || scopes.length === 0} loading={save.isPending} onClick={() => save.mutate()}>
          Save rule
        </Button>
      </div>
    </section>
  );
}

function reachWords({ scopeType, childCount }: OrgUnitNode): string {
  const word = LEVEL_WORD[scopeType] ?? scopeType;
  if (scopeType === "project" || childCount === 0) return word;
  const words = BELOW[scopeType];
  return words ? `${word}, with its ${count(childCount, ...words)}` : word;
}
