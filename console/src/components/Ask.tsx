/** A question in the row that it is about: what ends, a way back that has the focus, and the verb. */
import { Button } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

interface AskProps {
  label: string;
  keep: string;
  verb: string;
  work: Pick<UseMutationResult<unknown, Error, void>, "mutate" | "isPending" | "error">;
  onKeep: () => void;
  children: ReactNode;
}

export function Ask({ label, keep, verb, work, onKeep, children }: AskProps) {
  return (
    <div className="ask" role="group" aria-label={label}>
      <span className="grow">{work.error?.message ?? children}</span>
      <Button size="xs" variant="default" autoFocus onClick={onKeep}>
        {keep}
      </Button>
      <Button size="xs" color="red" loading={work.isPending} onClick={() => work.mutate()}>
        {verb}
      </Button>
    </div>
  );
}
