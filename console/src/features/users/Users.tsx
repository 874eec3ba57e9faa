import { Button, TagsInput, TextInput } from "@mantine/core";
import {
  IconBan,
  IconCircleCheck,
  IconLogout,
  IconPassword,
  IconPlus,
  IconShieldOff,
  IconTrash,
  IconUsersGroup,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState, type FormEvent, type ReactNode } from "react";

import { api, dataOf, Problem } from "~/api/client";
import type { User2 } from "~/api/schema";
import { CopyButton } from "~/components/CopyButton";
import { Dialog } from "~/components/Dialog";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec, RowAction } from "~/components/list/spec";
import { LastLogin, Moment } from "~/components/Moment";
import { ReachMark } from "~/components/marks";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useProof } from "~/features/session/Proof";
import { useHeld, useMay, useSession } from "~/features/session/session";
import { each } from "~/lib/each";
import { count } from "~/lib/time";

import "../service_accounts/accounts.css";

const LIST_KEY = "users";

async function load(request: ListRequest, signal: AbortSignal): Promise<ListResult<User2>> {
  const { data, response } = await api.GET("/api/v1/users", { signal, params: { query: request as never } });
  return { rows: data ?? [], total: Number(response.headers.get("x-total-count") ?? 0), exact: true };
}

const spec: ListSpec<User2> = {
  id: LIST_KEY,
  title: "Users",
  noun: { one: "user", many: "users" },
  columns: [
    {
      id: "username",
      header: "User",
      width: 260,
      sort: "username",
      phone: "title",
      cell: (user) => (
        <>
          <span className="name-cell cut" data-tip={user.username} data-tip-cut>
            {user.username}
          </span>
          {!user.enabled && <span className="tag">Disabled</span>}
          {user.passwordIsTemporary && <span className="tag">Temporary password</span>}
        </>
      ),
    },
    {
      id: "groups",
      header: "Groups",
      width: 200,
      grows: true,
      phone: "sub",
      cell: ({ groups }) => (groups.length ? <span className="cut">{groups.join(", ")}</span> : <span className="ink3">None</span>),
    },
    { id: "lastLogin", header: "Last login", width: 130, sort: "lastLogin", phone: "meta", cell: ({ lastLogin }) => <LastLogin at={lastLogin} /> },
    {
      id: "secondFactor",
      header: "Second factor",
      width: 112,
      cell: ({ secondFactor }) => (secondFactor ? "On" : <span className="ink3">Off</span>),
    },
    {
      id: "scopeName",
      header: "Home",
      width: 150,
      cell: ({ scopeName, scopeType }) => (
        <>
          <ReachMark type={scopeType} />
          <span className="cut">{scopeName}</span>
        </>
      ),
    },
    { id: "createdBy", header: "Created by", width: 170, sort: "createdBy", cell: ({ createdBy }) => <span className="cut">{createdBy}</span> },
    { id: "creationTime", header: "Creation time", width: 112, sort: "createdAt", cell: ({ createdAt }) => <Moment at={createdAt} as="day" /> },
  ],
  filters: [
    { field: "username", label: "User", kind: "text" },
    { field: "createdBy", label: "Created by", kind: "text" },
    { field: "lastLogin", label: "Last login", kind: "date", never: true },
    { field: "creationTime", label: "Creation time", kind: "date" },
  ],
  defaultSort: "username",
  rowId: ({ id }) => id,
  rowName: ({ username }) => username,
  isQuiet: ({ enabled }) => !enabled,
  load,
  empty: <Empty title="No users" what="People who sign in to this console." />,
};

type UserDialog =
  | { kind: "new" }
  | { kind: "delete" | "disable" | "reset" | "log-out" | "groups" | "second-factor"; users: readonly User2[] };

export function Users() {
  const may = useMay();
  const held = useHeld();
  const queries = useQueryClient();
  const { person } = useSession();
  const [dialog, setDialog] = useState<UserDialog | null>(null);
  const mayCreate = may("create", "users");
  const refresh = useCallback(() => queries.invalidateQueries({ queryKey: [LIST_KEY] }), [queries]);
  const enable = useCallback(
    async (users: readonly User2[]) => {
      await forEach(users, "enabled", (user) =>
        api.PATCH("/api/v1/users/{userId}", { params: { path: { userId: user.id } }, body: { enabled: true } }),
      );
      await refresh();
    },
    [refresh],
  );
  const actions = useMemo<readonly RowAction<User2>[]>(() => {
    const permits = (action: "update" | "delete") => (rows: readonly User2[]) =>
      rows.every((row) => row.permittedActions?.includes(action));
    const open = (kind: Exclude<UserDialog["kind"], "new">) => (users: readonly User2[]) => setDialog({ kind, users });
    return [
      { key: "reset", label: () => "Reset password", icon: IconPassword, hotkey: "r", offered: permits("update"), run: open("reset") },
      { key: "groups", label: () => "Groups", icon: IconUsersGroup, offered: permits("update"), run: open("groups") },
      { key: "log-out", label: () => "Log out", icon: IconLogout, many: true, offered: permits("update"), run: open("log-out") },
      {
        key: "second-factor",
        label: () => "Remove second factor",
        icon: IconShieldOff,
        offered: (rows) => permits("update")(rows) && rows.every((row) => row.secondFactor),
        run: open("second-factor"),
      },
      {
        key: "disable",
        label: () => "Disable",
        icon: IconBan,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.every((row) => row.enabled && row.id !== person?.id),
        run: open("disable"),
      },
      {
        key: "enable",
        label: () => "Enable",
        icon: IconCircleCheck,
        hotkey: "e",
        many: true,
        offered: (rows) => permits("update")(rows) && rows.every((row) => !row.enabled),
        run: (users) => void enable(users),
      },
      {
        key: "delete",
        label: () => "Delete",
        icon: IconTrash,
        hotkey: "Delete",
        danger: true,
        many: true,
        offered: (rows) => permits("delete")(rows) && rows.every((row) => row.id !== person?.id),
        run: open("delete"),
      },
    ];
  }, [enable, person]);
  const add = useCallback(() => setDialog({ kind: "new" }), []);
  if (!may("read", "users")) {
    return (
      <Page title="Users">
        <NoPermission what="users" held={held} roles="Department administrator" />
      </Page>
    );
  }
  return (
    <ListPage
      spec={spec}
      actions={actions}
      onNew={mayCreate ? add : undefined}
      primary={
        mayCreate && (
          <Button leftSection={<IconPlus size={16} stroke={1.75} />} className="primary" aria-label="New user" onClick={add}>
            <span className="wide-only">New user</span>
          </Button>
        )
      }
    >
      {dialog && <UserDialogs dialog={dialog} onClose={() => setDialog(null)} onDone={refresh} />}
    </ListPage>
  );
}

async function forEach(users: readonly User2[], verb: string, work: (user: User2) => Promise<unknown>) {
  const failures = await each(users, work);
  const done = users.filter((user) => !failures.some((failure) => failure.item === user));
  const [only] = done;
  if (only) toast({ text: `${done.length === 1 ? only.username : count(done.length, "user", "users")} ${verb}` });
  const [first] = failures;
  if (first) {
    const why = first.error instanceof Problem ? first.error.message : "The server did not answer.";
    toast({ tone: "warn", text: `${first.item.username} not ${verb}: ${why}` });
  }
}

interface UserDialogsProps {
  dialog: UserDialog;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

function UserDialogs({ dialog, onClose, onDone }: UserDialogsProps) {
  if (dialog.kind === "new") return <NewUser onClose={onClose} onDone={onDone} />;
  const { users } = dialog;
  const [user] = users;
  if (!user) return null;
  const who = users.length === 1 ? user.username : count(users.length, "user", "users");
  const at = (one: User2) => ({ params: { path: { userId: one.id } } });
  switch (dialog.kind) {
    case "reset":
      return <ResetPassword user={user} onClose={onClose} onDone={onDone} />;
    case "groups":
      return <Groups user={user} onClose={onClose} onDone={onDone} />;
    case "second-factor":
      return (
        <SecondFactorRemoval user={user} onClose={onClose} onDone={onDone} />
      );
    case "log-out":
      return (
        <Confirm title={`Log out ${who}?`} verb="Log out" onClose={onClose} run={async () => {
          await forEach(users, "logged out", (one) => api.POST("/api/v1/users/{userId}/logout", at(one)));
          await onDone();
        }}>
          Every session and token of {users.length === 1 ? "theirs" : "each of them"} ends at once.
        </Confirm>
      );
    case "disable":
      return (
        <Confirm title={`Disable ${who}?`} verb="Disable" onClose={onClose} run={async () => {
          await forEach(users, "disabled", (one) => api.PATCH("/api/v1/users/{userId}", { ...at(one), body: { enabled: false } }));
          await onDone();
        }}>
          They can't sign in, and their sessions end at once. Rules are kept.
        </Confirm>
      );
    case "delete":
      return (
        <Confirm title={`Delete ${who}?`} verb="Delete" onClose={onClose} run={async () => {
          await forEach(users, "deleted", (one) => api.DELETE("/api/v1/users/{userId}", at(one)));
          await onDone();
        }}>
          This cannot be undone. Their access rules, sessions and tokens go at once. What they made stays, and so does their history.
        </Confirm>
      );
  }
}

interface ConfirmProps {
  title: string;
  verb: string;
  children: ReactNode;
  onClose: () => void;
  run: () => Promise<void>;
}

function Confirm({ title, verb, children, onClose, run }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    await run();
    onClose();
  };
  return (
    <Dialog title={title} width="confirm" onClose={onClose}>
      <p>{children}</p>
      <div className="dialog-buttons">
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={busy} onClick={() => void go()}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}

interface OneUserProps {
  user: User2;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

function SecondFactorRemoval({ user, onClose, onDone }: OneUserProps) {
  const { proof, guarded } = useProof();
  const remove = useMutation({
    mutationFn: () =>
      guarded(() => api.DELETE("/api/v1/users/{userId}/second-factor", { params: { path: { userId: user.id } } })),
    onSuccess: async () => {
      toast({ text: `Second factor of ${user.username} removed` });
      await onDone();
      onClose();
    },
  });
  return (
    <Dialog title="Remove second factor?" width="confirm" onClose={onClose}>
      {proof ?? (
        <>
          <p>
            <b>{user.username}</b> signs in with the password alone until they set up another. Do this when their phone is gone.
          </p>
          <Said error={remove.error} />
          <div className="dialog-buttons">
            <Button variant="default" data-autofocus onClick={onClose}>
              Cancel
            </Button>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Said({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="alert" className="dialog-error">
      {error.message}
    </p>
  );
}

function TemporaryPassword({ title, email, password, onDone }: { title: string; email: string; password: string; onDone: () => void }) {
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

function NewUser({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<unknown> }) {
  const [email, setEmail] = useState("");
  const [groups, setGroups] = useState<string[]>([]);
  const { proof, guarded } = useProof();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () =>
        dataOf(await api.POST("/api/v1/users", { body: { email: email.trim(), ...(groups.length ? { groups } : {}) } })),
      ),
    onSuccess: () => onDone(),
  });
  if (create.data) {
    const done = () => {
      create.reset();
      onClose();
    };
    return <TemporaryPassword title="New user" email={create.data.username} password={create.data.tempPassword} onDone={done} />;
  }
  const problem = create.error instanceof Problem ? create.error : null;
  const aboutEmail = problem?.status === 409 ? "Somebody with this e-mail is here already." : problem?.about("email");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New user" onClose={onClose}>
      {proof ?? (
        <form onSubmit={submit} className="stack">
          <TextInput
            label="Email"
            type="email"
            data-autofocus
            required
            withAsterisk={false}
            autoComplete="off"
            value={email}
            error={aboutEmail}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <TagsInput
            label="Groups"
            description="Rules for a group hold for the people in it. It can be left out."
            inputWrapperOrder={["label", "input", "description"]}
            value={groups}
            onChange={setGroups}
          />
          {!aboutEmail && <Said error={problem} />}
          <div className="dialog-buttons">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!email.trim()}>
              Create
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function ResetPassword({ user, onClose, onDone }: OneUserProps) {
  const { proof, guarded } = useProof();
  const reset = useMutation({
    gcTime: 0,
    mutationFn: () =>
      guarded(async () => dataOf(await api.POST("/api/v1/users/{userId}/password", { params: { path: { userId: user.id } } }))),
    onSuccess: () => onDone(),
  });
  if (reset.data) {
    const done = () => {
      reset.reset();
      onClose();
    };
    return <TemporaryPassword title="Password reset" email={user.username} password={reset.data.tempPassword} onDone={done} />;
  }
  return (
    <Dialog title="Reset password?" width="confirm" onClose={onClose}>
      {proof ?? (
        <>
          <p>
            The password of <b>{user.username}</b> stops working and every session of theirs ends, at once. You get a temporary one.
          </p>
          <Said error={reset.error} />
          <div className="dialog-buttons">
            <Button variant="default" data-autofocus onClick={onClose}>
              Cancel
            </Button>
            <Button color="red" loading={reset.isPending} onClick={() => reset.mutate()}>
              Reset password
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Groups({ user, onClose, onDone }: OneUserProps) {
  const [groups, setGroups] = useState<string[]>([...user.groups]);
  const save = useMutation({
    mutationFn: () => api.PATCH("/api/v1/users/{userId}", { params: { path: { userId: user.id } }, body: { groups } }),
    onSuccess: async () => {
      toast({ text: `Groups of ${user.username} saved` });
      await onDone();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title="Groups" lead={`Rules for a group hold for ${user.username} while they are in it.`} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <TagsInput label="Groups" data-autofocus value={groups} onChange={setGroups} />
        <Said error={save.error} />
        <div className="dialog-buttons">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

