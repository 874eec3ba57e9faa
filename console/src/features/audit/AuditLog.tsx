import { Switch } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import type { AuditLog as Entry } from "~/api/schema";
import { ListPage } from "~/components/list/ListPage";
import { Page } from "~/components/Page";
import { NoPermission } from "~/components/states";
import { useHeld, useMay } from "~/features/session/session";
import type { View } from "~/lib/view";

import { Download } from "./Download";
import { EntryDrawer } from "./EntryDrawer";
import { Live } from "./Live";
import { auditSpec } from "./spec";
import { DEFAULT_SPAN, SPANS } from "./view";
import "./audit.css";

export function AuditLog() {
  const may = useMay();
  const held = useHeld();
  const view: View = useSearch({ strict: false });
  const navigate = useNavigate();
  const days = typeof view.days === "string" ? view.days : DEFAULT_SPAN;
  const about = typeof view.about === "string" ? view.about : undefined;
  const [live, setLive] = useState(false);
  const [opened, setOpened] = useState<Entry | null>(null);
  const open = useCallback((entry: Entry) => setOpened(entry), []);
  const close = useCallback(() => setOpened(null), []);
  const spec = useMemo(() => auditSpec(days, about, open), [days, about, open]);
  if (!may("read", "events-history")) {
    return (
      <Page title="Audit log">
        <NoPermission what="the audit log" held={held} roles="System administrator" />
      </Page>
    );
  }
  return (
    <ListPage
      spec={spec}
      onOpen={open}
      openId={opened?.id}
      onClose={close}
      note={
        <>
          {about && (
            <button type="button" className="link" onClick={() => void navigate({ to: ".", search: (before: View) => ({ ...before, about: undefined }) })}>
              About one entity: show all
            </button>
          )}
          <select
            className="plain-select"
            aria-label="Time"
            value={days}
            onChange={(event) =>
              void navigate({
                to: ".",
                search: (before: View) => ({ ...before, page: undefined, days: event.currentTarget.value }),
              })
            }
          >
            {SPANS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <Switch label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
        </>
      }
      primary={<Download view={view} days={days} />}
      banner={live && <Live view={view} />}
      drawer={() => opened && <EntryDrawer entry={opened} onClose={close} />}
    />
  );
}
