/** The password, asked again inside whatever dialog is about to make a secret, when the last proof is too old. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState, type FormEvent, type ReactElement } from "react";

import { api, dataOf, Problem, wantsProof } from "~/api/client";

import { SESSION_KEY, type Session } from "./session";

interface Proving {
  /** The form, while the password is wanted; shown in place of the dialog's own body. */
  proof: ReactElement | null;
  /** Runs what makes a secret, after the password where the server wants it. Rejects like `work`, or when given up. */
  guarded: <T>(work: () => Promise<T>) => Promise<T>;
}

export class ProofGivenUp extends Error {}

export function useProof(): Proving {
  const [asking, setAsking] = useState(false);
  const waiting = useRef<{ resume: () => void; giveUp: () => void } | null>(null);
  const guarded = useCallback(async <T,>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!wantsProof(error)) throw error;
    }
    setAsking(true);
    await new Promise<void>((resolve, reject) => {
      waiting.current = { resume: resolve, giveUp: () => reject(new ProofGivenUp("The password was not given.")) };
    }).finally(() => setAsking(false));
    return work();
  }, []);
  const proof = asking ? (
    <ProofForm onProved={() => waiting.current?.resume()} onGiveUp={() => waiting.current?.giveUp()} />
  ) : null;
  return { proof, guarded };
}

function ProofForm({ onProved, onGiveUp }: { onProved: () => void; onGiveUp: () => void }) {
  const queries = useQueryClient();
  const session = queries.getQueryData<Session>(SESSION_KEY);
  const [wantsCode, setWantsCode] = useState(session?.secondFactor.enabled ?? false);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const prove = useMutation({
    mutationFn: async () =>
      dataOf(await api.POST("/api/v1/session/proof", { body: { password, ...(wantsCode ? { code } : {}) } })),
    gcTime: 0,
    onSuccess: (renewed) => {
      if (renewed.state === "code-required") {
        setWantsCode(true);
        return;
      }
      queries.setQueryData(SESSION_KEY, renewed);
      onProved();
    },
  });
  const problem = prove.error instanceof Problem ? prove.error : null;
  const aboutCode = problem?.about("code");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    prove.mutate();
  };
  return (
    <form onSubmit={submit} className="stack" aria-label="Prove your password">
      <p>Your password was last given more than 15 minutes ago. Give it again before a secret is made.</p>
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        data-autofocus
        autoFocus
        required
        withAsterisk={false}
        value={password}
        error={aboutCode ? null : (problem?.about("password") ?? prove.error?.message)}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show password" }}
      />
      {wantsCode && (
        <TextInput
          label="Code"
          description="Six digits from your authenticator, or a recovery code."
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          error={aboutCode}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <div className="dialog-buttons">
        <Button variant="default" onClick={onGiveUp}>
          Cancel
        </Button>
        <Button type="submit" loading={prove.isPending}>
          Continue
        </Button>
      </div>
    </form>
  );
}
