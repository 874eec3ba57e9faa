import { Button } from "@mantine/core";

import type { ServiceAccount } from "~/api/schema";
import { Dialog } from "~/components/Dialog";
import { Why } from "~/features/access_rules/Why";

export function WhyDialog({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  return (
    <Dialog
      title="Why"
      lead={
        <>
          Ask what <b>{account.name}</b> may do, and which rule says so.
        </>
      }
      width="secret"
      cross
      onClose={onClose}
    >
      <Why subject={{ subjectId: account.clientId, subjectType: "service-account" }} />
      <div className="dialog-buttons">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
