/** A secret, in the one moment in which it can be seen. It lives in this dialog and nowhere else. */
import { Button, SegmentedControl } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { useRef, useState, type ReactNode } from "react";

import { CopyButton } from "./CopyButton";
import { Dialog } from "./Dialog";

export interface OneTimeSecret {
  title: string;
  lead: ReactNode;
  clientId: string;
  secret: string;
  /** Said beside Done. */
  foot?: ReactNode;
}

export function SecretShown({ title, lead, clientId, secret, foot, onDone }: OneTimeSecret & { onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const clientIdBox = useRef<HTMLElement>(null);
  const secretBox = useRef<HTMLElement>(null);
  return (
    <Dialog title={title} lead={lead} width="secret" onClose={onDone} closable={false}>
      <span className="secret-label" id="shown-client-id">
        Client ID
      </span>
      <div className="secret-box" role="group" aria-labelledby="shown-client-id">
        <code ref={clientIdBox}>{clientId}</code>
        <CopyButton text={clientId} label="Copy client ID" shown={clientIdBox} />
      </div>
      <span className="secret-label" id="shown-secret">
        Client secret
      </span>
      <div className="secret-box is-secret" role="group" aria-labelledby="shown-secret">
        <code ref={secretBox} data-testid="client-secret">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy client secret" shown={secretBox} onCopied={() => setCopied(true)} />
      </div>
      <p className="secret-note">
        <IconEyeOff size={16} stroke={1.75} aria-hidden />
        This secret is shown only now. It can't be read again later, only regenerated.
      </p>
      <Snippet clientId={clientId} />
      {leaving ? (
        <div className="dialog-buttons" role="alertdialog" aria-label="The secret is not copied">
          <span className="left brass">The secret is not copied.</span>
          <Button variant="default" onClick={onDone}>
            Close without it
          </Button>
          <CopyAndClose secret={secret} onDone={onDone} />
        </div>
      ) : (
        <div className="dialog-buttons">
          {foot && <span className="left ink2">{foot}</span>}
          <Button onClick={() => (copied ? onDone() : setLeaving(true))}>Done</Button>
        </div>
      )}
    </Dialog>
  );
}

function CopyAndClose({ secret, onDone }: { secret: string; onDone: () => void }) {
  const [refused, setRefused] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      onDone();
    } catch {
      setRefused(true);
    }
  };
  return (
    <Button autoFocus onClick={() => void copy()}>
      {refused ? "Select it and press Ctrl C" : "Copy and close"}
    </Button>
  );
}

const curl = (url: string, clientId: string) => `printf %s "$CLIENT_SECRET" |
  curl ${url}/api/v2/token \\
    -d grant_type=client_credentials \\
    -d client_id=${clientId} \\
    --data-urlencode client_secret@-`;

const python = (url: string, clientId: string) => `import json, os, urllib.parse, urllib.request

form = urllib.parse.urlencode({
    "grant_type": "client_credentials",
    "client_id": "${clientId}",
    "client_secret": os.environ["CLIENT_SECRET"],
})
with urllib.request.urlopen("${url}/api/v2/token", form.encode()) as answer:
    token = json.load(answer)["access_token"]`;

const NOTES = {
  curl: "It takes the secret from CLIENT_SECRET and passes it by standard input, so that no argument list shows it.",
  Python: "It takes the secret from CLIENT_SECRET, so that no argument list shows it. Only the standard library is needed.",
};

function Snippet({ clientId }: { clientId: string }) {
  const [language, setLanguage] = useState<"curl" | "Python">("curl");
  const text = (language === "curl" ? curl : python)(location.origin, clientId);
  const shown = useRef<HTMLPreElement>(null);
  return (
    <>
      <div className="snippet-head">
        Get a token
        <SegmentedControl
          size="xs"
          aria-label="Language"
          data={["curl", "Python"]}
          value={language}
          onChange={(value) => setLanguage(value as "curl" | "Python")}
        />
      </div>
      <div className="snippet">
        <pre ref={shown} tabIndex={0}>
          <Marked text={text} clientId={clientId} />
        </pre>
        <CopyButton text={text} label={`Copy ${language} snippet`} shown={shown} />
      </div>
      <p className="meta">{NOTES[language]}</p>
    </>
  );
}

/** The two things in a snippet that are this account's: where the secret comes from, and who asks. */
function Marked({ text, clientId }: { text: string; clientId: string }) {
  return text.split(/(\bCLIENT_SECRET\b|(?<=client_id=|"client_id": ")[-\w]+)/).map((part, at) => {
    const mark = part === "CLIENT_SECRET" ? "snippet-secret" : part === clientId ? "snippet-client" : null;
    return mark ? (
      <span key={at} className={mark}>
        {part}
      </span>
    ) : (
      part
    );
  });
}
