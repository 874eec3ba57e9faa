/** Why: choose an action and a place, and see whether it is allowed, and by which rule. */
import { Badge, Button, Popover, Select } from "@mantine/core";
import { IconCheck, IconChevronRight, IconSelector, IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf } from "~/api/client";
import type { AccessRuleSubject, Action, Explanation, OrgUnitNode, ResourceType } from "~/api/schema";
import { ReachMark } from "~/components/marks";
import { ScopeTree } from "~/components/ScopeTree";
import { named } from "~/lib/named";
import { day } from "~/lib/time";

import "./why.css";

const ACTIONS: readonly Action[] = ["create", "read", "update", "delete"];

/** Every kind of thing, by the words that people know it by. */
const kindsQuery = {
  queryKey: ["permissions"],
  staleTime: Infinity,
  queryFn: async () => dataOf(await api.GET("/api/v1/authorization/permissions", {})),
};

export function useKinds() {
  const kinds = useQuery(kindsQuery);
  return kinds.data ?? [];
}

export function Why({ subject }: { subject: AccessRuleSubject }) {
  const kinds = useKinds();
  const [action, setAction] = useState<Action>("create");
  const [resourceType, setResourceType] = useState<ResourceType>("workloads");
  const [place, setPlace] = useState<OrgUnitNode | null>(null);
  const [picking, setPicking] = useState(false);
  const ask = useMutation({
    mutationFn: async () => {
      if (!place) throw new Error("no place is chosen");
      const { scopeId } = place;
      return dataOf(
        await api.POST("/api/v1/authorization/explain", { body: { ...subject, action, resourceType, scopeId } }),
      );
    },
  });
  const changed = () => ask.reset();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <div className="why">
      <form className="why-question" onSubmit={submit}>
        <span>May it</span>
        <Select
          aria-label="Action"
          w={104}
          data={ACTIONS}
          value={action}
          allowDeselect={false}
          onChange={(value) => {
            setAction(value as Action);
            changed();
          }}
        />
        <Select
          aria-label="Kind of thing"
          w={172}
          searchable
          data={kinds.map(({ resourceType: value, displayName }) => ({
            value,
            label: displayName === "Data sources" ? `${displayName}: ${value.replace("-assets", "")}` : displayName,
          }))}
          value={resourceType}
          allowDeselect={false}
          onChange={(value) => {
            setResourceType(value as ResourceType);
            changed();
          }}
        />
        <span>in</span>
        <Popover opened={picking} onChange={setPicking} position="bottom-start" width={360} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <button
              type="button"
              className="why-place"
              aria-label={place ? `Place: ${place.scopeName}` : "Choose a place"}
              onClick={() => setPicking(!picking)}
            >
              {place ? (
                <>
                  <ReachMark type={place.scopeType} />
                  <span className="grow cut">{place.scopeName}</span>
                </>
              ) : (
                <span className="grow ink3">Choose a place</span>
              )}
              <IconSelector size={14} stroke={1.75} aria-hidden />
            </button>
          </Popover.Target>
          <Popover.Dropdown {...named("Choose a place")}>
            <div className="why-tree">
              <ScopeTree
                label="Place"
                single
                chosen={place ? [place.scopeId] : []}
                onChoose={(node) => {
                  setPlace(node);
                  setPicking(false);
                  changed();
                }}
              />
            </div>
          </Popover.Dropdown>
        </Popover>
        <Button type="submit" disabled={!place} loading={ask.isPending}>
          Ask
        </Button>
      </form>
      <div className="why-answer" role="status">
        {ask.error && <p className="chosen-reason">{ask.error.message}</p>}
        {ask.data && place && <Answer answer={ask.data} place={place} />}
        {!ask.data && !ask.error && <p className="ink3">The answer names the rule that decides.</p>}
      </div>
    </div>
  );
}

function Answer({ answer, place }: { answer: Explanation; place: OrgUnitNode }) {
  const [rule] = answer.rules;
  if (answer.allowed && rule) {
    const path = rule.scopePath.split("/");
    const whole = place.scopePath.split("/");
    const below = whole.slice(path.length);
    const levels = ["tenant", "cluster", "department", "project"];
    return (
      <>
        <p className="why-line">
          <Badge color="green" leftSection={<IconCheck size={12} stroke={2.5} />}>
            Allowed
          </Badge>
          by{" "}
          <b>
            {rule.roleName} in {rule.scopeName}
          </b>
          , given by {rule.createdBy} on {day(rule.createdAt)}
        </p>
        <p className="why-path">
          <ReachMark type={rule.scopeType} />
          <b>{rule.scopeName}</b> <span className="meta">the rule's scope</span>
          {below.map((name, at) => (
            <span key={`${name}-${at}`} className="row">
              <IconChevronRight size={14} stroke={1.75} aria-hidden />
              <ReachMark type={levels[path.length + at] ?? "project"} />
              {at === below.length - 1 ? <b>{name}</b> : name}
            </span>
          ))}
        </p>
        {answer.rules.length > 1 && <p className="meta">{answer.rules.length - 1} more rules allow it too.</p>}
        {!answer.subjectEnabled && <p className="brass">It is disabled: it can't sign in, whatever its rules say.</p>}
      </>
    );
  }
  const roles = answer.rolesThatWouldAllow.map((role) => role.name);
  return (
    <>
      <p className="why-line">
        <Badge color="red" leftSection={<IconX size={12} stroke={2.5} />}>
          Not allowed
        </Badge>
        No rule gives {answer.missing.join(", ")} in {place.scopeName}
      </p>
      {roles.length > 0 && <p className="meta">These roles would: {roles.join(", ")}.</p>}
      {!answer.complete && <p className="meta">There are rules above that you may not read; they may say otherwise.</p>}
    </>
  );
}
