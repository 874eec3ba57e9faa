/** A person's own access keys: programs that act for them, with what they may do, or less. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { AccessKey1 } from "~/api/schema";
import { CopyIcon } from "~/components/CopyButton";
import { Dialog } from "~/components/Dialog";
import { Moment } from "~/components/Moment";
import { SecretShown } from "~/components/SecretShown";
import { toast } from "~/components/toasts";
import { useProof } from "~/features/session/Proof";
import { useSession } from "~/features/session/session";

import "./keys.css";

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
          leftSection={<IconPlus size={16} stroke={1.75} />}
          onClick={() => setDialog({ kind: "new" })}
        >
          {full ? `At most ${MOST} keys` : "New access key"}
        </Button>
      </div>
      <p className="ink2">
        For programs that act for you. A key may do what you may, or less, and loses what you lose. For a program of its own, make a
        service account.
      </p>
      <ul className="own-keys">
        {keys.data?.map((key) => (
          <li key={key.id} className="own-key">
            <div className="grow">
              <p>
                <b>{key.name}</b> {narrowing(key) && <span className="meta">{narrowing(key)}</span>}
              </p>
              <p className="row meta own-key-id">
                <code className="cut">{key.clientId}</code>
                <CopyIcon text={key.clientId} label={`Copy client ID of ${key.name}`} />
              </p>
            </div>
            <span className="meta nowrap">
              {key.lastLogin ? "Used " : ""}
              <Moment at={key.lastLogin} />
            </span>
            <button type="button" className="icon-button" aria-label={`Regenerate secret of ${key.name}`} onClick={() => setDialog({ kind: "regenerate", key })}>
              <IconRefresh size={16} stroke={1.75} />
            </button>
            <button type="button" className="icon-button" aria-label={`Delete ${key.name}`} onClick={() => setDialog({ kind: "delete", key })}>
              <IconTrash size={16} stroke={1.75} />
            </button>
          </li>
        ))}
        {keys.data?.length === 0 && <li className="ink3 own-key">None yet.</li>}
      </ul>
      {dialog?.kind === "new" && <NewKey onClose={close} onDone={refresh} />}
      {dialog?.kind === "regenerate" && <RegenerateKey accessKey={dialog.key} onClose={close} onDone={refresh} />}
      {dialog?.kind === "delete" && <DeleteKey accessKey={dialog.key} onClose={close} onDone={refresh} />}
    </section>
  );
}

function narrowing({ permissions, scopeName }: AccessKey1): string {
  const reads = permissions?.every(({ actions }) => actions.every((action) => action === "read"));
  const what = permissions ? (reads ? "reads only" : "less than you may") : "";
  return [what, scopeName && `in ${scopeName}`].filter(Boolean).join(", ");
}

interface KeyFormProps {
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

function NewKey({ onClose, onDone }: KeyFormProps) {
  const [name, setName] = useState("");
  const [readOnly, setReadOnly] = useState(false);
  const { permissions: held } = useSession();
  const { proof, guarded } = useProof();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () => {
        const kinds = [...new Set(held.flatMap(({ permissions }) => Object.keys(permissions)))];
        const permissions = kinds.map((resourceType) => ({ resourceType, actions: ["read" as const] }));
        return dataOf(
          await api.POST("/api/v1/access-keys", {
            body: { name: name.trim(), ...(readOnly ? { permissions } : {}) } as never,
          }),
        );
      }),
    onSuccess: () => onDone(),
  });
  const made = create.data;
  if (made) {
    return (
      <SecretShown
        title="New access key"
        lead={
          <>
            <b>{made.name}</b> acts for you. Copy its client secret before you leave.
          </>
        }
        clientId={made.clientId}
        secret={made.clientSecret}
        onDone={() => {
          create.reset();
          onClose();
        }}
      />
    );
  }
  const problem = create.error instanceof Problem ? create.error : null;
  const aboutName = problem?.status === 409 ? "You have a key of this name." : problem?.about("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New access key" onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <TextInput
            label="Name"
            data-autofocus
            required
            withAsterisk={false}
            autoComplete="off"
            description="Lower-case letters, digits, - and _; starts with a letter."
            inputWrapperOrder={["label", "input", "error", "description"]}
            value={name}
            error={aboutName}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox
            label="Reads only"
            description="It sees what you see, and changes nothing."
            checked={readOnly}
            onChange={(event) => setReadOnly(event.currentTarget.checked)}
          />
          {problem && !aboutName && (
            <p role="alert" className="dialog-error">
              {problem.message}
            </p>
          )}
          <div className="dialog-buttons">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              Create
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

interface OneKeyProps extends KeyFormProps {
  accessKey: AccessKey1;
}

function RegenerateKey({ accessKey, onClose, onDone }: OneKeyProps) {
  const { proof, guarded } = useProof();
  const regenerate = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(
          await api.POST("/api/v1/access-keys/{accessKeyId}/secret", { params: { path: { accessKeyId: accessKey.id } } }),
        ),
      ),
    onSuccess: () => onDone(),
  });
  if (regenerate.data) {
    return (
      <SecretShown
        title="New client secret"
        lead={
          <>
            The earlier secret of <b>{accessKey.name}</b> has stopped working. Copy the new one before you leave.
          </>
        }
        clientId={accessKey.clientId}
        secret={regenerate.data.clientSecret}
        onDone={() => {
          regenerate.reset();
          onClose();
        }}
      />
    );
  }
  return (
    <Dialog title="Regenerate client secret?" width="confirm" onClose={onClose}>
      {proof ?? (
        <>
          <p>
            The secret of <b>{accessKey.name}</b> stops working at once, and so do the tokens that it earned.
          </p>
          {regenerate.error && (
            <p role="alert" className="dialog-error">
              {regenerate.error.message}
            </p>
          )}
          <div className="dialog-buttons">
            <Button variant="default" data-autofocus onClick={onClose}>
              Cancel
            </Button>
            <Button color="red" loading={regenerate.isPending} onClick={() => regenerate.mutate()}>
              Regenerate
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function DeleteKey({ accessKey, onClose, onDone }: OneKeyProps) {
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/access-keys/{accessKeyId}", { params: { path: { accessKeyId: accessKey.id } } }),
    onSuccess: async () => {
      toast({ text: `${accessKey.name} deleted` });
      await onDone();
      onClose();
    },
  });
  return (
    <Dialog title={`Delete ${accessKey.name}?`} width="confirm" onClose={onClose}>
      <p>This cannot be undone. Its secret and every token that it holds stop at once.</p>
      {remove.error && (
        <p role="alert" className="dialog-error">
          {remove.error.message}
        </p>
      )}
      <div className="dialog-buttons">
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
