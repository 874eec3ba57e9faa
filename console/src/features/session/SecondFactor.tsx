/** Setting up a second factor: the picture for an authenticator, the code that proves it, the codes for a lost phone. */
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";
import { renderSVG } from "uqr";

import { api, dataOf, Problem } from "~/api/client";
import { CopyButton } from "~/components/CopyButton";

import { useProof } from "./Proof";

export function Enrolment({ onDone }: { onDone: () => void }) {
  const [code, setCode] = useState("");
  const { proof, guarded } = useProof();
  const begin = useMutation({
    mutationFn: async () => dataOf(await api.POST("/api/v1/me/second-factor", {})),
    gcTime: 0,
  });
  const confirm = useMutation({
    mutationFn: async () => dataOf(await api.POST("/api/v1/me/second-factor/confirm", { body: { code } })),
    gcTime: 0,
  });
  const { mutateAsync } = begin;
  useEffect(() => {
    void guarded(() => mutateAsync()).catch(() => undefined);
    // Once, when the dialog opens: each call makes another secret.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  if (proof) return proof;
  if (confirm.data) return <RecoveryCodes codes={confirm.data.recoveryCodes} onDone={onDone} />;
  if (begin.error && !begin.data) return <p role="alert">{begin.error.message}</p>;
  if (!begin.data) return null;
  const wrong = confirm.error instanceof Problem ? confirm.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <form onSubmit={submit} className="stack">
      <p>Scan this with an authenticator, or type the key into it.</p>
      <figure
        className="qr"
        role="img"
        aria-label="A picture of the key, for an authenticator to scan"
        // The picture is made here, of a text that the server made: nothing in it comes from elsewhere.
        dangerouslySetInnerHTML={{ __html: renderSVG(begin.data.uri, { border: 2 }) }}
      />
      <div className="row">
        <code className="secret-small grow">{begin.data.secret.replace(/(.{4})/g, "$1 ").trim()}</code>
        <CopyButton text={begin.data.secret} label="Copy key" />
      </div>
      <TextInput
        label="Code"
        description="Six digits that the authenticator shows now."
        autoComplete="one-time-code"
        inputMode="numeric"
        required
        withAsterisk={false}
        value={code}
        error={wrong?.about("code") ?? wrong?.message}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" loading={confirm.isPending}>
          Turn on
        </Button>
      </div>
    </form>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <div className="stack">
      <p>
        <b>The second factor is on.</b> Keep these recovery codes where you would look when the phone is gone. Each works once,
        and they are shown only now.
      </p>
      <ul className="recovery-codes mono">
        {codes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <div className="row">
        <CopyButton text={codes.join("\n")} label="Copy recovery codes" />
        <Button onClick={onDone}>Done</Button>
      </div>
    </div>
  );
}
