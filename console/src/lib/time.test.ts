import { describe, expect, it } from "vitest";

import { DAY, freshness, relative, span, when } from "./time";

const NOW = Date.parse("2026-03-12T12:00:00Z");
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe("moments", () => {
  it.each([
    [20_000, "Just now"],
    [4 * 60_000, "4 min ago"],
    [9 * 3_600_000, "9 hours ago"],
    [3_600_000, "1 hour ago"],
    [6 * DAY, "6 days ago"],
    [35 * DAY, "5 weeks ago"],
    [59 * DAY, "8 weeks ago"],
    [60 * DAY, "1 month ago"],
    [250 * DAY, "8 months ago"],
    [366 * DAY, "1 year ago"],
    [800 * DAY, "2 years ago"],
  ])("%d ms before now is %s", (ms, words) => expect(relative(ago(ms), NOW)).toBe(words));

  it("lie ahead too", () => expect(relative(ago(-23 * DAY), NOW)).toBe("in 3 weeks"));

  it("never count a whole minute that is not over", () => expect(span(59_999)).toBe("less than a minute"));

  it("are fresh under 30 days, half to 90, old beyond, or never were", () => {
    expect(freshness(ago(29 * DAY), NOW)).toBe("fresh");
    expect(freshness(ago(30 * DAY), NOW)).toBe("half");
    expect(freshness(ago(90 * DAY), NOW)).toBe("old");
    expect(freshness(null, NOW)).toBe("never");
  });

  it("name the day in words while it is near", () => {
    expect(when(ago(0), NOW)).toMatch(/^Today, \d\d:\d\d$/);
    expect(when(ago(30 * 3_600_000), NOW)).toMatch(/^Yesterday, |^11 Mar, /);
    expect(when(ago(28 * DAY), NOW)).toMatch(/^12 Feb, \d\d:\d\d$/);
    expect(when(ago(365 * DAY), NOW)).toBe("12 Mar 2025");
  });
});
