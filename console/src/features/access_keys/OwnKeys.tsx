/** A person's own access keys: programs that act for them, with what they may do, or less. */
import { Button } from "@mantine/core";
import { IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { api, dataOf } from "~/api/client";
import type { AccessKey1 } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import { ErrorLine } from "~/components/ErrorLine";
import { inFull, relative } from "~/lib/time";

import { narrowing } from "./words";
import "./keys.css";

const NewKey = lazy(() => import("./NewKey").then((room) => ({ default: room.NewKey })));
const RegenerateKey = lazy(() => import("./RegenerateKey").then((room) => ({ default: room.RegenerateKey })));
const DeleteKey = lazy(() => import("./DeleteKey").then((room) => ({ default: room.DeleteKey })));

const MOST = 20;
const KEY = ["access-keys"];

type KeyDialog = { kind: "new" } | { kind: "regenerate" | "delete"; key: AccessKey1 };

export function OwnKeys() {
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<KeyDialog | null>(null);
  const keys = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => dataOf(await api.GET("/api/v1/access-keys", { signal })).accessKeys,
  });
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const close = () => setDialog(null);
  const full = (keys.data?.length ?? 0) >= MOST;
  return (
    <section aria-labelledby="settings-keys">
      <div className="row">
        <h2 id="settings-keys" className="grow">
          Access keys
        </h2>
        <Button
          variant="default"
          disabled={full}
          aria-describedby={full ? "settings-keys-full" : undefined}
          leftSection={<IconPlus size={16} stroke={1.75} />}
          onClick={() => setDialog({ kind: "new" })}
        >
          New access key
        </Button>
      </div>
      <p className="ink2">
        For programs that act for you. A key may do what you may, or less, and loses what you lose. For a program of its own, make a
        service account.
      </p>
      <ErrorLine error={keys.error} />
      <ul className="own-keys" aria-labelledby="settings-keys">
        {keys.data?.map((key) => (
          <OwnKey key={key.id} accessKey={key} onDialog={(kind) => setDialog({ kind, key })} />
        ))}
        {keys.data?.length === 0 && <li className="ink3 own-key">None yet.</li>}
      </ul>
      {full && (
        <p id="settings-keys-full" className="meta">
          You have {MOST} access keys, the most there can be. Delete one to make another.
        </p>
      )}
      <Suspense fallback={null}>
        {dialog?.kind === "new" && <NewKey onClose={close} onDone={refresh} />}
        {dialog?.kind === "regenerate" && <RegenerateKey accessKey={dialog.key} onClose={close} onDone={refresh} />}
        {dialog?.kind === "delete" && <DeleteKey accessKey={dialog.key} onClose={close} onDone={refresh} />}
      </Suspense>
    </section>
  );
}

interface OwnKeyProps {
  accessKey: AccessKey1;
  onDialog: (kind: "regenerate" | "delete") => void;
}

function OwnKey({ accessKey, onDialog }: OwnKeyProps) {
  const { name, clientId, lastLogin } = accessKey;
  const less = narrowing(accessKey);
  return (
    <li className="own-key" aria-label={name}>
      <div className="grow own-key-what">
        <p className="row">
          <b className="cut">{name}</b> {less && <span className="meta nowrap">{less}</span>}
        </p>
        <p className="row meta own-key-id">
          <code className="cut">{clientId}</code>
          <CopyIcon text={clientId} label={`Copy client ID of ${name}`} />
        </p>
      </div>
      <span className="meta nowrap own-key-used">
        {lastLogin ? (
          <time dateTime={lastLogin} data-tip={inFull(lastLogin)}>
            Used {relative(lastLogin).toLowerCase()}
          </time>
        ) : (
          "Never used"
        )}
      </span>
      <button type="button" className="icon-button" aria-label={`Regenerate secret of ${name}`} onClick={() => onDialog("regenerate")}>
        <IconRefresh size={16} stroke={1.75} />
      </button>
      <button type="button" className="icon-button" aria-label={`Delete ${name}`} onClick={() => onDialog("delete")}>
        <IconTrash size={16} stroke={1.75} />
      </button>
    </li>
  );
}
