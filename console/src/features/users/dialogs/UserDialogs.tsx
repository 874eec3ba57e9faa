import type { User2 } from "~/api/schema";

import { EndUsers } from "./EndUsers";
import { Groups } from "./Groups";
import { NewUser } from "./NewUser";
import { RemoveSecondFactor } from "./RemoveSecondFactor";
import { ResetPassword } from "./ResetPassword";

/** What a dialog is about: the users are those that were selected when it opened. */
export type UserDialog =
  | { kind: "new" }
  | { kind: "delete" | "disable" | "reset" | "log-out" | "groups" | "second-factor"; users: readonly User2[] };

interface Ways {
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export interface OneUserProps extends Ways {
  user: User2;
}

/** The dialog that is open. */
export function UserDialogs({ dialog, ...ways }: Ways & { dialog: UserDialog }) {
  if (dialog.kind === "new") return <NewUser {...ways} />;
  const { kind, users } = dialog;
  const [user] = users;
  if (!user) return null;
  switch (kind) {
    case "reset":
      return <ResetPassword user={user} {...ways} />;
    case "groups":
      return <Groups user={user} {...ways} />;
    case "second-factor":
      return <RemoveSecondFactor user={user} {...ways} />;
    default:
      return <EndUsers kind={kind} users={users} {...ways} />;
  }
}
