/** All there is to see of one account. */
import { IconPlus } from "@tabler/icons-react";

import type { ServiceAccount } from "~/api/schema";
import { Why } from "~/features/access_rules/Why";
import { useMay } from "~/features/session/session";

import { AccountHead } from "./AccountHead";
import { Activity } from "./Activity";
import { Figures } from "./Figures";
import { RulesSection } from "./RulesSection";
import { Secrets } from "./Secrets";
import type { Dialog } from "./ServiceAccounts";
import "./drawer.css";

export function Account({ account, onDialog }: { account: ServiceAccount; onDialog: (dialog: Dialog) => void }) {
  const may = useMay();
  const accounts = [account];
  const mayUpdate = account.permittedActions?.includes("update");
  const mayReadRules = may("read", "access_rules");
  return (
    <>
      <AccountHead account={account} onDialog={onDialog} />
      <div className="drawer-body">
        <Figures account={account} />
        <section>
          <div className="section-head">
            <h3>Secrets</h3>
            {mayUpdate && (
              <button type="button" className="link" onClick={() => onDialog({ kind: "add-secret", accounts })}>
                <IconPlus size={16} stroke={1.75} aria-hidden />
                Add secret
              </button>
            )}
          </div>
          <Secrets account={account} bare onAdd={() => onDialog({ kind: "add-secret", accounts })} />
        </section>
        {mayReadRules && (
          <>
            <RulesSection account={account} onAdd={() => onDialog({ kind: "rules", accounts })} />
            <section>
              <div className="section-head bare">
                <h3>Why</h3>
              </div>
              <Why subject={{ subjectId: account.clientId, subjectType: "service-account" }} />
            </section>
          </>
        )}
        {may("read", "events-history") && <Activity account={account} />}
      </div>
    </>
  );
}
