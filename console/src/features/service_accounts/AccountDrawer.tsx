/** One account beside the table: J and K walk on, the address can be sent. */
import { IconArrowsMaximize, IconArrowsMinimize, IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Problem } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { Drawer, isForDrawer } from "~/components/Drawer";
import { Failed, State } from "~/components/states";

import { Account } from "./Account";
import { accountQuery } from "./queries";
import type { Dialog } from "./ServiceAccounts";

interface AccountDrawerProps {
  id: string;
  rows: readonly ServiceAccount[];
  onOpen: (account: Pick<ServiceAccount, "id">) => void;
  onClose: () => void;
  onDialog: (dialog: Dialog) => void;
}

export function AccountDrawer({ id, rows, onOpen, onClose, onDialog }: AccountDrawerProps) {
  const account = useQuery({ ...accountQuery(id), placeholderData: () => rows.find((row) => row.id === id) });
  const [whole, setWhole] = useState(false);
  const at = rows.findIndex((row) => row.id === id);
  const [before, after] = [rows[at - 1], at < 0 ? undefined : rows[at + 1]];

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const next = event.key === "j" ? after : event.key === "k" ? before : undefined;
      if (!next || !isForDrawer(event)) return;
      onOpen(next);
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [after, before, onOpen]);

  const gone = account.error instanceof Problem && account.error.status === 404;
  return (
    <Drawer
      label={account.data?.name ?? "Service account"}
      closeLabel="Close account"
      rowId={id}
      whole={whole}
      onClose={onClose}
      tools={
        <>
          <button type="button" className="icon-button" aria-label="Previous account" disabled={!before} onClick={() => before && onOpen(before)}>
            <IconChevronUp size={16} stroke={1.75} />
          </button>
          <button type="button" className="icon-button" aria-label="Next account" disabled={!after} onClick={() => after && onOpen(after)}>
            <IconChevronDown size={16} stroke={1.75} />
          </button>
          <button
            type="button"
            className="icon-button drawer-size"
            aria-label={whole ? "Beside the table" : "Whole width"}
            onClick={() => setWhole(!whole)}
          >
            {whole ? <IconArrowsMinimize size={16} stroke={1.75} /> : <IconArrowsMaximize size={16} stroke={1.75} />}
          </button>
        </>
      }
    >
      {gone ? (
        <State title="This account is gone">
          <p>It was deleted, or lives where you may not see.</p>
        </State>
      ) : account.error ? (
        <Failed error={account.error} title="The account could not be loaded" onRetry={() => void account.refetch()} />
      ) : (
        account.data && <Account key={id} account={account.data} onDialog={onDialog} />
      )}
    </Drawer>
  );
}
