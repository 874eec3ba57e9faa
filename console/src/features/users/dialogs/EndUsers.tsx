/** What ends something of people's, one or several: asked first, then told. */
import { useMutation } from "@tanstack/react-query";

import type { User2 } from "~/api/schema";
import { ConfirmDialog } from "~/components/ConfirmDialog";
import { count } from "~/lib/time";

import { deleteUser, doWithUsers, logOut, setEnabled } from "../actions";

const END = {
  "log-out": {
    verb: "Log out",
    done: "logged out",
    work: logOut,
    ends: (single: boolean) => `Every session and token of ${single ? "theirs" : "each of them"} ends at once.`,
  },
  disable: {
    verb: "Disable",
    done: "disabled",
    work: setEnabled(false),
    ends: () => "They can't sign in, and their sessions end at once. Rules are kept.",
  },
  delete: {
    verb: "Delete",
    done: "deleted",
    work: deleteUser,
    ends: () =>
      "This cannot be undone. Their access rules, sessions and tokens go at once. What they made stays, and so does their history.",
  },
} as const;

interface EndUsersProps {
  kind: keyof typeof END;
  users: readonly User2[];
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function EndUsers({ kind, users, onClose, onDone }: EndUsersProps) {
  const { verb, done, work, ends } = END[kind];
  const single = users.length === 1;
  const who = single ? users[0]?.username : count(users.length, "user", "users");
  const end = useMutation({ mutationFn: () => doWithUsers(users, done, work, onDone), onSuccess: onClose });
  return (
    <ConfirmDialog title={`${verb} ${who}?`} verb={verb} work={end} onClose={onClose}>
      <p>{ends(single)}</p>
    </ConfirmDialog>
  );
}
