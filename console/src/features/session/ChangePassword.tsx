import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, Problem } from "~/api/client";

/** Replaces one's own password. `onDone` is called once the server has it. */
export function ChangePasswordForm({ onDone, label = "Change password" }: { onDone: () => void; label?: string }) {
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const change = useMutation({
    mutationFn: () =>
      api.POST("/api/v1/me/password", { body: { currentPassword: current, newPassword: wanted } }),
    gcTime: 0,
    onSuccess: () => {
      setCurrent("");
      setWanted("");
      onDone();
    },
  });
  const problem = change.error instanceof Problem ? change.error : null;
  const [aboutCurrent, aboutNew] = [problem?.about("currentPassword"), problem?.about("newPassword")];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit} className="gate-form">
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={current}
        error={aboutCurrent}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show current password" }}
      />
      <PasswordInput
        label="New password"
        description="At least 8 characters. Length is what counts."
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={wanted}
        error={aboutNew}
        onChange={(event) => setWanted(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show new password" }}
      />
      <p className="gate-error" role="alert">
        {!aboutCurrent && !aboutNew && problem?.message}
      </p>
      <div>
        <Button type="submit" loading={change.isPending}>
          {label}
        </Button>
      </div>
    </form>
  );
}
