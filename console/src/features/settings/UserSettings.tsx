/** What is a person's own: password, second factor; and, for those who may, what holds for everybody's sign-in. */
import { Badge, Button, NumberInput, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";

import { api, dataOf } from "~/api/client";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { Dialog } from "~/components/Dialog";
import { ErrorLine } from "~/components/ErrorLine";
import { Page } from "~/components/Page";
import { toast } from "~/components/toasts";
import { OwnKeys } from "~/features/access_keys/OwnKeys";
import { ChangePasswordForm } from "~/features/session/ChangePassword";
import { useProof } from "~/features/session/Proof";
import { Enrolment } from "~/features/session/SecondFactor";
import { SESSION_KEY, useMay, useSession } from "~/features/session/session";
import { count } from "~/lib/time";

import "~/features/session/gate.css";
import "./settings.css";

export function UserSettings() {
  const { person } = useSession();
  const may = useMay();
  return (
    <Page title="User settings">
      <div className="page-body settings">
        <section aria-labelledby="settings-password">
          <h2 id="settings-password">Password</h2>
          <p className="ink2">{person?.email}. Changing it ends your other sessions.</p>
          <ChangePasswordForm onDone={() => toast({ text: "Password changed. Your other sessions have ended." })} />
        </section>
        <SecondFactor />
        <OwnKeys />
        {may("read", "security-settings") && <Everybody mayChange={may("update", "security-settings")} />}
      </div>
    </Page>
  );
}

function SecondFactor() {
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<"on" | "off" | null>(null);
  const state = useQuery({
    queryKey: ["second-factor"],
    queryFn: async () => dataOf(await api.GET("/api/v1/me/second-factor", {})),
  });
  const done = async () => {
    setDialog(null);
    await Promise.all([["second-factor"], SESSION_KEY].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  if (!state.data) return null;
  const { enabled, required, recoveryCodesLeft } = state.data;
  return (
    <section aria-labelledby="settings-factor">
      <h2 id="settings-factor" className="row">
        Second factor <Badge color={enabled ? "green" : "gray"}>{enabled ? "On" : "Off"}</Badge>
      </h2>
      <p className="ink2">
        {enabled
          ? `Signing in asks for a code from your authenticator. ${count(recoveryCodesLeft, "recovery code is", "recovery codes are")} left.`
          : "A code from an authenticator on your phone, asked for at sign-in: a password alone then opens nothing."}
        {required && " Your organisation asks for it."}
      </p>
      <div>
        {enabled ? (
          <Button variant="default" disabled={required} onClick={() => setDialog("off")}>
            Turn off
          </Button>
        ) : (
          <Button onClick={() => setDialog("on")}>Set up</Button>
        )}
      </div>
      {dialog === "on" && (
        <Dialog title="Set up a second factor" onClose={() => void done()} cross>
          <Enrolment onDone={() => void done()} />
        </Dialog>
      )}
      {dialog === "off" && <TurnOff onClose={() => setDialog(null)} onDone={() => void done()} />}
    </section>
  );
}

function TurnOff({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { proof, guarded } = useProof();
  const off = useMutation({
    mutationFn: () => guarded(() => api.DELETE("/api/v1/me/second-factor", {})),
    onSuccess: () => {
      toast({ text: "Second factor turned off" });
      onDone();
    },
  });
  return (
    <ConfirmDialog title="Turn off the second factor?" verb="Turn off" work={off} proof={proof} onClose={onClose}>
      <p>Your password alone signs you in from then on. Recovery codes stop working.</p>
    </ConfirmDialog>
  );
}

/** What holds for everybody who signs in to this console. */
function Everybody({ mayChange }: { mayChange: boolean }) {
  const queries = useQueryClient();
  const settings = useQuery({
    queryKey: ["security-settings"],
    queryFn: async () => dataOf(await api.GET("/api/v1/security/settings", {})),
  });
  const factor = useQuery({
    queryKey: ["security-second-factor"],
    queryFn: async () => dataOf(await api.GET("/api/v1/security/second-factor", {})),
  });
  const idle = settings.data?.browserSessionTimeout?.idleTimeout;
  const [minutes, setMinutes] = useState<number | string>("");
  useEffect(() => {
    if (typeof idle === "number") setMinutes(idle);
  }, [idle]);
  const again = () =>
    Promise.all(
      [["security-settings"], ["security-second-factor"], ["second-factor"], SESSION_KEY].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
  const setTimeoutMinutes = useMutation({
    mutationFn: () =>
      api.PUT("/api/v1/security/settings/{key}", {
        params: { path: { key: "browserSessionTimeout" } },
        body: { idleTimeout: Number(minutes) } as never,
      }),
    onSuccess: async () => {
      toast({ text: `Sessions end after ${count(Number(minutes), "quiet minute", "quiet minutes")}` });
      await again();
    },
  });
  const require = useMutation({
    mutationFn: (required: boolean) => api.PUT("/api/v1/security/second-factor", { body: { required } }),
    onSuccess: async (_, required) => {
      toast({ text: required ? "Everybody is asked for a second factor" : "A second factor is each person's choice" });
      await again();
    },
  });
  const problem = setTimeoutMinutes.error ?? require.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTimeoutMinutes.mutate();
  };
  return (
    <section aria-labelledby="settings-everybody">
      <h2 id="settings-everybody">Everybody's sign-in</h2>
      <form className="settings-line" onSubmit={submit}>
        <NumberInput
          label="A session ends after (minutes without use)"
          min={1}
          max={43200}
          allowDecimal={false}
          disabled={!mayChange}
          value={minutes}
          onChange={setMinutes}
        />
        {mayChange && (
          <Button type="submit" variant="default" disabled={Number(minutes) === idle || !Number(minutes)} loading={setTimeoutMinutes.isPending}>
            Save
          </Button>
        )}
      </form>
      <Switch
        label="Ask everybody for a second factor"
        description="Those without one set it up at their next step in the console."
        disabled={!mayChange || require.isPending}
        checked={factor.data?.required ?? false}
        onChange={(event) => require.mutate(event.currentTarget.checked)}
      />
      <ErrorLine error={problem} />
    </section>
  );
}
