/** The secrets of an account: age, expiry, last use; the one that can go, and what going means. */
import { Badge, Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "~/api/client";
import type { ServiceAccount, ServiceAccountSecret } from "~/api/schema";
import { Ask } from "~/components/Ask";
import { toast } from "~/components/toasts";
import { day, DAY, relative, span } from "~/lib/time";

import { useRefreshAccounts } from "./actions";
import { secretsQuery } from "./queries";
import "./secrets.css";

const MOST_SECRETS = 5;
const SOON_DAYS = 30;

interface SecretsProps {
  account: ServiceAccount;
  onAdd: () => void;
  /** The heading has the button. */
  bare?: boolean;
}

export function Secrets({ account, onAdd, bare = false }: SecretsProps) {
  const secrets = useQuery(secretsQuery(account.id));
  const mayUpdate = account.permittedActions?.includes("update") ?? false;
  if (!secrets.data) return <div className="secrets-waiting" />;
  const newestFirst = secrets.data.toReversed();
  const full = secrets.data.length >= MOST_SECRETS;
  return (
    <>
      <ul className="secrets">
        {newestFirst.map((secret) => (
          <SecretRow key={secret.id} account={account} secret={secret} alone={secrets.data.length === 1} mayRevoke={mayUpdate} />
        ))}
        {newestFirst.length === 0 && <li className="ink3 secret-row">No secret: it can't sign in.</li>}
      </ul>
      <p className="meta">{advice(newestFirst)}</p>
      {!bare && mayUpdate && (
        <button type="button" className="link" disabled={full} onClick={onAdd}>
          <IconPlus size={16} stroke={1.75} aria-hidden />
          {full ? `At most ${MOST_SECRETS} secrets` : "Add secret"}
        </button>
      )}
    </>
  );
}

/** What the uses say: when the newer secret carries every sign-in, the older can go. */
function advice([newest, older]: readonly ServiceAccountSecret[]): string | null {
  if (!newest?.lastUsedAt || !older) return null;
  if (!older.lastUsedAt) return "The older secret was never used: it can be revoked.";
  const quiet = new Date(newest.lastUsedAt).getTime() - new Date(older.lastUsedAt).getTime();
  if (quiet < DAY) return null;
  return `The newer secret has carried every sign-in for ${span(quiet)}: the older one can be revoked.`;
}

interface SecretRowProps {
  account: ServiceAccount;
  secret: ServiceAccountSecret;
  alone: boolean;
  mayRevoke: boolean;
}

function SecretRow({ account, secret, alone, mayRevoke }: SecretRowProps) {
  const [asking, setAsking] = useState(false);
  const refresh = useRefreshAccounts();
  const revoke = useMutation({
    mutationFn: () =>
      api.DELETE("/api/v1/service-accounts/{serviceAccountId}/secrets/{secretId}", {
        params: { path: { serviceAccountId: account.id, secretId: secret.id } },
      }),
    onSuccess: async () => {
      toast({ text: `Secret ksk_…${secret.tail} revoked` });
      await refresh();
    },
  });
  const label = `ksk_…${secret.tail}`;
  const used = secret.lastUsedAt ? `Used ${relative(secret.lastUsedAt).toLowerCase()}` : "Never used";
  const consequence = alone
    ? `It is the only secret: ${account.name} can't sign in until you add one.`
    : `${label} stops at once.${secret.lastUsedAt ? ` Last used ${relative(secret.lastUsedAt).toLowerCase()}.` : ""}`;
  return (
    <li className="secret-row">
      <div className="secret-who">
        <code>{label}</code>
        {secret.name && <span className="meta cut">{secret.name}</span>}
        <StateBadge secret={secret} />
      </div>
      <Life secret={secret} />
      <span className="meta secret-used">{used}</span>
      {mayRevoke && !asking && (
        <Button size="xs" variant="default" className="danger-text" onClick={() => setAsking(true)} aria-label={`Revoke ${label}`}>
          Revoke
        </Button>
      )}
      {asking && (
        <Ask label={`Revoke ${label}?`} keep="Cancel" verb="Revoke" work={revoke} onKeep={() => setAsking(false)}>
          {consequence}
        </Ask>
      )}
    </li>
  );
}

function StateBadge({ secret }: { secret: ServiceAccountSecret }) {
  const left = secret.expiresAt ? new Date(secret.expiresAt).getTime() - Date.now() : Infinity;
  if (left <= 0) return <Badge color="red">Expired</Badge>;
  if (left <= SOON_DAYS * DAY) return <Badge color="brass">Expires in {span(left)}</Badge>;
  const used = secret.lastUsedAt ? Date.now() - new Date(secret.lastUsedAt).getTime() : Infinity;
  return used < 30 * DAY ? <Badge color="green">In use</Badge> : null;
}

/** How far through its life a secret is; one without an expiry shows its age only. */
function Life({ secret }: { secret: ServiceAccountSecret }) {
  const { createdAt, expiresAt } = secret;
  const from = new Date(createdAt).getTime();
  const added = `Added ${day(createdAt)}`;
  if (!expiresAt) return <span className="meta secret-life">{added}, no expiry</span>;
  const until = new Date(expiresAt).getTime();
  const part = Math.max(0, Math.min(1, (Date.now() - from) / (until - from)));
  const soon = until - Date.now() < SOON_DAYS * DAY;
  return (
    <div className={soon ? "secret-life soon" : "secret-life"}>
      <div className="life-line" aria-hidden="true">
        <span style={{ width: `${part * 100}%` }} />
      </div>
      <div className="row meta">
        <span className="grow">{added}</span>
        <span className="life-until">
          Expires {day(expiresAt)}
          {!soon && `, ${relative(expiresAt)}`}
        </span>
      </div>
    </div>
  );
}
