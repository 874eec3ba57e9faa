import { expect, it } from "vitest";

import { each } from "./each";

it("does all, a few at a time, and says what failed", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const failures = await each([1, 2, 3, 4, 5, 6], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (item === 3) throw new Error("no");
    done.push(item);
  }, 2);
  expect(done.toSorted()).toEqual([1, 2, 4, 5, 6]);
  expect(failures.map((failure) => failure.item)).toEqual([3]);
  expect(most).toBe(2);
});
