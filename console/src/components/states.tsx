/** What a page shows when it has nothing, may not, or could not: never a blank. */
import { Button } from "@mantine/core";
import { IconBolt, IconCopy, IconLock, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { Problem } from "~/api/client";
import { copyText } from "~/lib/copy";

import { toast } from "./toasts";
import "./states.css";

function House({ children }: { children: ReactNode }) {
  return (
    <div className="house" aria-hidden="true">
      <svg width="60" height="58" viewBox="0 0 60 58" fill="none">
        <path d="M1 19 30 1l29 18v33a5 5 0 0 1-5 5H6a5 5 0 0 1-5-5z" stroke="var(--ks-faint)" />
        <path d="M11 25 30 13l19 12v21a3 3 0 0 1-3 3H14a3 3 0 0 1-3-3z" stroke="var(--ks-ink2)" strokeWidth="1.25" />
      </svg>
      <span className="house-sign">{children}</span>
    </div>
  );
}

const keyhole = (
  <svg width="12" height="18" viewBox="0 0 12 18">
    <path d="M6 1a4.2 4.2 0 0 0-2.2 7.8L2.7 17h6.6L8.2 8.8A4.2 4.2 0 0 0 6 1" fill="var(--ks-accent)" />
  </svg>
);

interface StateProps {
  sign?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

export function State({ sign, title, children, actions }: StateProps) {
  return (
    <div className="state">
      {sign !== undefined && <House>{sign}</House>}
      <h2>{title}</h2>
      <div className="state-text">{children}</div>
      {actions && <div className="state-actions">{actions}</div>}
    </div>
  );
}

export function Empty({ title, what, steps }: { title: string; what: string; steps?: readonly string[] }) {
  return (
    <State sign={keyhole} title={title}>
      <p>{what}</p>
      {steps && (
        <ol className="state-steps">
          {steps.map((step, at) => (
            <li key={step}>
              <span className="state-number">{at + 1}</span>
              {step}
            </li>
          ))}
        </ol>
      )}
    </State>
  );
}

export function Failed({ error, title, onRetry }: { error: unknown; title: string; onRetry: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <State
      sign={<IconBolt size={18} stroke={1.75} color="var(--ks-brass-glyph)" />}
      title={title}
      actions={
        <Button variant="default" leftSection={<IconRefresh size={16} stroke={1.75} />} onClick={onRetry}>
          Try again
        </Button>
      }
    >
      <p>{problem?.message ?? "Something in this page failed."} Nothing was changed.</p>
      {problem?.requestId && (
        <p className="meta row state-request">
          Request <code>{problem.requestId}</code>
          <button type="button" className="link meta" onClick={() => void copyText(problem.requestId ?? "")}>
            <IconCopy size={14} stroke={1.75} /> Copy
          </button>
        </p>
      )}
    </State>
  );
}

interface NoPermissionProps {
  what: string;
  held: string;
  roles: string;
}

/** Says which role would help, and no people: who may give it is nobody's business here. */
export function NoPermission({ what, held, roles }: NoPermissionProps) {
  const request = `I need to see ${what} in Keystead: please give me ${roles} where I work.`;
  const copy = async () => {
    if (await copyText(request)) toast({ text: "Request copied" });
  };
  return (
    <State
      sign={<IconLock size={18} stroke={1.75} />}
      title={`You may not see ${what}`}
      actions={
        <Button variant="default" leftSection={<IconCopy size={16} stroke={1.75} />} onClick={() => void copy()}>
          Copy request
        </Button>
      }
    >
      <p>
        {held} An administrator can give you {roles}.
      </p>
    </State>
  );
}
