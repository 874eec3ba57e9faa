import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { api, dataOf } from "~/api/client";

import { Gate } from "./Gate";
import { replaceSession } from "./session";

/** E-mail and password, then the second factor where the person has one. */
export function SignIn() {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [wantsCode, setWantsCode] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);
  const signIn = useMutation({
    mutationFn: async () =>
      dataOf(await api.POST("/api/v1/session", { body: { email, password, ...(wantsCode ? { code } : {}) } })),
    gcTime: 0,
    onSuccess: (session) => {
      if (session.state === "code-required") {
        setWantsCode(true);
        return;
      }
      replaceSession(queries, session);
    },
  });
  useEffect(() => {
    if (wantsCode) codeField.current?.focus();
  }, [wantsCode]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Gate title="Sign in" lead={`to ${location.host}`} foot>
      <form onSubmit={submit} className="gate-form">
        {wantsCode ? (
          <TextInput
            ref={codeField}
            label="Code"
            description="Six digits from your authenticator, or a recovery code."
            autoComplete="one-time-code"
            inputMode="text"
            size="md"
            required
            withAsterisk={false}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        ) : (
          <>
            <TextInput
              label="Email"
              type="email"
              autoComplete="username"
              size="md"
              required
              withAsterisk={false}
              autoFocus
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              size="md"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ "aria-label": "Show password" }}
            />
          </>
        )}
        <p className="gate-error" role="alert">
          {signIn.error?.message}
        </p>
        <Button type="submit" fullWidth className="gate-button" loading={signIn.isPending}>
          {wantsCode ? "Continue" : "Sign in"}
        </Button>
        {wantsCode ? (
          <button
            type="button"
            className="link"
            onClick={() => {
              setWantsCode(false);
              setCode("");
              signIn.reset();
            }}
          >
            Back
          </button>
        ) : (
          <p className="ink3">Forgotten it? An administrator can set a temporary password.</p>
        )}
      </form>
    </Gate>
  );
}
