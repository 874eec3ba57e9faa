/** What is done to users. */
import { api } from "~/api/client";
import type { User2 } from "~/api/schema";
import { doEach } from "~/components/doEach";

import { usersSpec } from "./spec";

const at = (user: User2) => ({ params: { path: { userId: user.id } } });

export const logOut = (user: User2) => api.POST("/api/v1/users/{userId}/logout", at(user));
export const setEnabled = (enabled: boolean) => (user: User2) => api.PATCH("/api/v1/users/{userId}", { ...at(user), body: { enabled } });
export const deleteUser = (user: User2) => api.DELETE("/api/v1/users/{userId}", at(user));

/** With each of them, told afterwards: "2 users disabled". */
export const doWithUsers = (
  users: readonly User2[],
  verb: string,
  work: (user: User2) => Promise<unknown>,
  refresh: () => Promise<unknown>,
) => doEach(users, { noun: usersSpec.noun, verb, nameOf: ({ username }) => username, refresh }, work);
