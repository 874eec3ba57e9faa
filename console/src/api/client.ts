/** The public API, typed by its own description. Every answer that is not good becomes a `Problem`. */
import createClient, { type Middleware } from "openapi-fetch";

import type { paths } from "./schema";

/** The server refused, or did not answer: `message` is a sentence for the person, `field` names what was wrong. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly details: string,
    readonly requestId: string | null,
  ) {
    super(message);
    this.name = "Problem";
  }

  /** What the server said of a field, as a sentence: "newPassword: is ..." becomes "The new password is ...". */
  about(field: string): string | null {
    const begins = `${field}: `;
    if (this.status !== 400 || !this.message.startsWith(begins)) return null;
    const name = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return `The ${name} ${this.message.slice(begins.length)}`;
  }
}

export const PATIENCE_MS = 10_000;
const listeners = new Set<() => void>();

/** Calls `listener` whenever the server says that nobody is signed in any more. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const SAID_PROOF = "insufficient_user_authentication";

/** Whether the server wants the password again before it makes a secret (RFC 9470). */
export const wantsProof = (error: unknown) => error instanceof Problem && error.details === SAID_PROOF;

export async function problemOf(answer: Response): Promise<Problem> {
  const requestId = answer.headers.get("x-request-id");
  try {
    const said = (await answer.json()) as { message?: string; details?: string };
    return new Problem(said.message ?? answer.statusText, answer.status, said.details ?? "", requestId);
  } catch {
    return new Problem(`The server answered ${answer.status}.`, answer.status, "", requestId);
  }
}

const guard: Middleware = {
  onRequest({ request }) {
    request.headers.set("x-keystead-request", "console");
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const problem = await problemOf(response);
    if (problem.status === 401 && problem.details !== SAID_PROOF && !schemaPath.startsWith("/api/v1/session")) {
      listeners.forEach((listener) => listener());
    }
    throw problem;
  },
};

async function patiently(request: Request): Promise<Response> {
  const tooLong = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, tooLong]) });
  } catch (error) {
    if (request.signal.aborted) throw error;
    const why = tooLong.aborted
      ? `Keystead did not answer within ${PATIENCE_MS / 1000} seconds.`
      : "Keystead could not be reached.";
    throw new Problem(why, 0, "", null);
  }
}

export const api = createClient<paths, "application/json">({ baseUrl: location.origin, fetch: patiently, credentials: "same-origin" });
api.use(guard);

/** What a call answered; the guard has thrown before there could be none. */
export function dataOf<T>(result: { data?: T }): T {
  return result.data as T;
}
