import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { usePlaces } from "~/components/names";
import { RuleForm } from "~/features/access_rules/RuleForm";
import { RuleRow } from "~/features/access_rules/RuleRow";
import { useMay } from "~/features/session/session";

import { useRefreshAccounts } from "../actions";
import { rulesQuery } from "../queries";

export function RulesDialog({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  const rules = useQuery(rulesQuery(account.id, account.clientId));
  const places = usePlaces(rules.data?.map(({ scopeId }) => scopeId) ?? []);
  const refresh = useRefreshAccounts();
  const mayCreate = useMay()("create", "access_rules");
  const [adding, setAdding] = useState(false);
  return (
    <Dialog
      title="Access rules"
      lead={
        <>
          What <b>{account.name}</b> may do, and where. A rule reaches its scope and everything below it.
        </>
      }
      width="wide"
      cross
      onClose={onClose}
    >
      <ul className="rule-list">
        {rules.data?.map((rule) => (
          <RuleRow key={rule.id} rule={rule} place={places.get(rule.scopeId)} subject={account.name} onDeleted={refresh} />
        ))}
        {rules.data?.length === 0 && !adding && (
          <li className="ink2 rule-row">It has no access rules: it can sign in, and do nothing.</li>
        )}
        {rules.error && <li role="alert">{rules.error.message}</li>}
      </ul>
      {adding && (
        <RuleForm
          takesFocus
          subject={{ subjectId: account.clientId, subjectType: "service-account" }}
          onSaved={refresh}
          onCancel={() => setAdding(false)}
          onAllSaved={() => setAdding(false)}
        />
      )}
      <div className="dialog-buttons">
        {mayCreate && (
          <Button
            variant="subtle"
            className="left"
            disabled={adding}
            leftSection={<IconPlus size={16} stroke={1.75} />}
            onClick={() => setAdding(true)}
          >
            Access rule
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
