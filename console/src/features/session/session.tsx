/** Who is signed in, and what they may do. The cookie is out of script's reach; this is what the server says of it. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, type ReactNode } from "react";

import { api, dataOf, onSignedOut, Problem } from "~/api/client";
import type { Action, ResourceType, Session } from "~/api/schema";

export type { Session };
export const SESSION_KEY = ["session"] as const;

async function readSession(): Promise<Session | null> {
  try {
    return dataOf(await api.GET("/api/v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Another person, or nobody: what was known for the last one is forgotten, and the page follows. */
export function replaceSession(queries: QueryClient, session: Session | null): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  queries.setQueryData(SESSION_KEY, session);
}

export function useSessionQuery() {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => client.setQueryData(SESSION_KEY, null)), [client]);
  return useQuery({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: 60_000 });
}

const Context = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (session === null) throw new Error("nobody is signed in here");
  return session;
}

export type May = (action: Action, resource: ResourceType) => boolean;

/** Whether the person may do this anywhere: what decides if a page or a button is offered at all. */
export function useMay(): May {
  const session = useSession();
  return (action, resource) =>
    session.permissions.some((held) => held.permissions[resource]?.includes(action));
}

/** Where the person may do this, the highest places that say so. */
export function useScopesFor(action: Action, resource: ResourceType) {
  return useSession().permissions.filter((held) => held.permissions[resource]?.includes(action));
}

/** "Viewer in vision": the first role that the person holds, for sentences about what is missing. */
export function useHeld(): string {
  const { roles } = useSession();
  const [first, ...more] = roles;
  if (!first) return "You hold no role yet.";
  const rest = more.length ? ` and ${more.length} more` : "";
  return `Your role, ${first.roleName} in ${first.scopeName}${rest}, does not include them.`;
}
