/** A temporary password, in the one moment in which it can be seen. */
import { Button } from "@mantine/core";
import { useRef } from "react";

import { CopyButton } from "~/components/CopyButton";
import { Dialog } from "~/components/Dialog";

interface TemporaryPasswordProps {
  title: string;
  email: string;
  password: string;
  onDone: () => void;
}

export function TemporaryPassword({ title, email, password, onDone }: TemporaryPasswordProps) {
  const shown = useRef<HTMLElement>(null);
  return (
    <Dialog title={title} width="secret" onClose={onDone} closable={false}>
      <p>
        Give <b>{email}</b> this temporary password. It is good for one thing: setting their own. It is shown only now.
      </p>
      <span className="secret-label">Temporary password</span>
      <div className="secret-box is-secret">
        <code ref={shown}>{password}</code>
        <CopyButton text={password} label="Copy temporary password" shown={shown} />
      </div>
      <div className="dialog-buttons">
        <Button onClick={onDone}>Done</Button>
      </div>
    </Dialog>
  );
}
