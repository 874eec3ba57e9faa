import { Problem } from "~/api/client";
import { each } from "~/lib/each";
import { count } from "~/lib/time";

import { toast } from "./toasts";

interface Telling<T> {
  /** "account", "accounts". */
  noun: { one: string; many: string };
  /** "deleted". */
  verb: string;
  nameOf: (item: T) => string;
  /** Between the work and the words: the lists are asked again. */
  refresh: (done: readonly T[]) => Promise<unknown>;
  /** The way back, where there is one. */
  undo?: ((done: readonly T[]) => void) | undefined;
}

/** Does something with each item, and says afterwards what was done and what was not, and why. */
export async function doEach<T>(
  items: readonly T[],
  { noun, verb, nameOf, refresh, undo }: Telling<T>,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures = await each(items, work);
  const done = items.filter((item) => !failures.some((failure) => failure.item === item));
  await refresh(done);
  const [only] = done;
  if (only !== undefined) {
    const what = done.length === 1 ? nameOf(only) : count(done.length, noun.one, noun.many);
    toast({ text: `${what} ${verb}`, ...(undo ? { action: { label: "Undo", run: () => undo(done) } } : {}) });
  }
  const [first] = failures;
  if (first) {
    const why = first.error instanceof Problem ? first.error.message : "The server did not answer.";
    const more = failures.length > 1 ? ` ${failures.length - 1} more failed.` : "";
    toast({ tone: "warn", text: `${nameOf(first.item)} not ${verb}: ${why}${more}` });
  }
}
