/** An empty place goes at once; of one that is not, the server says what lies in it, and all of it may go. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { Problem } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { toast } from "~/components/toasts";

import { remove, useRefreshTree } from "./places";

export function DeletePlace({ node, onClose }: { node: OrgUnitNode; onClose: () => void }) {
  const refresh = useRefreshTree();
  const [filled, setFilled] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: () => remove(node, filled !== null),
    onSuccess: async () => {
      await refresh();
      toast({ text: `${node.scopeName} deleted` });
      onClose();
    },
    onError: (error) => isFilled(error) && setFilled(error.message),
  });
  return (
    <ConfirmDialog
      title={`Delete ${node.scopeName}?`}
      verb={filled ? "Delete all of it" : "Delete"}
      work={isFilled(run.error) ? { ...run, error: null } : run}
      onClose={onClose}
    >
      {filled ? (
        <>
          <p>{filled}</p>
          <p className="ink2">
            Deleting all of it takes everything below {node.scopeName} along: places, access rules, and the accounts that live there,
            with their secrets and tokens. This cannot be undone.
          </p>
        </>
      ) : (
        <p>This cannot be undone. An empty {node.scopeType} goes at once; one that is not says what lies in it.</p>
      )}
    </ConfirmDialog>
  );
}

const isFilled = (error: Error | null): error is Problem => error instanceof Problem && error.status === 409;
