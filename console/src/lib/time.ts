/** Moments as people say them; the API's are ISO 8601 in UTC. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const counted = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;

/** "4 min", "6 days", "5 weeks" (to 60 days), "8 months", "2 years". */
export function span(ms: number): string {
  if (ms < MINUTE) return "less than a minute";
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return counted(Math.floor(ms / HOUR), "hour", "hours");
  const days = Math.floor(ms / DAY);
  if (days < 21) return counted(days, "day", "days");
  if (days < 60) return counted(Math.floor(days / 7), "week", "weeks");
  if (days < 365) return counted(Math.floor(days / 30.44), "month", "months");
  return counted(Math.floor(days / 365), "year", "years");
}

/** "Just now", "4 min ago", "in 12 months". */
export function relative(moment: string | number | Date, now: number = Date.now()): string {
  const ms = now - new Date(moment).getTime();
  if (ms < 0) return -ms < MINUTE ? "Just now" : `in ${span(-ms)}`;
  return ms < MINUTE ? "Just now" : `${span(ms)} ago`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const timeParts = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "12 Mar 2025", local. */
export const day = (moment: string | number | Date) => `${dayAndMonth(new Date(moment))} ${new Date(moment).getFullYear()}`;
const dayAndMonth = (date: Date) => `${date.getDate()} ${MONTHS[date.getMonth()]}`;

/** "10:56", local. */
export const clock = (moment: string | number | Date) => timeParts.format(new Date(moment));

/** "Today, 10:56", "Yesterday, 09:12", "12 Feb, 16:20", "12 Mar 2025". */
export function when(moment: string, now: number = Date.now()): string {
  const then = new Date(moment);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (then.getTime() >= midnight) return `Today, ${clock(then)}`;
  if (then.getTime() >= midnight - DAY) return `Yesterday, ${clock(then)}`;
  if (then.getFullYear() === new Date(now).getFullYear()) {
    return `${dayAndMonth(then)}, ${clock(then)}`;
  }
  return day(then);
}

const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/** The moment in full, local and UTC: what a tooltip says. */
export function inFull(moment: string): string {
  const utc = new Date(moment).toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
  return `${whole.format(new Date(moment))} local\n${utc} UTC`;
}

/** How long ago the last login was, as its mark says it: fresh under 30 days, half to 90, old beyond. */
export type Freshness = "fresh" | "half" | "old" | "never";

export function freshness(lastLogin: string | null | undefined, now: number = Date.now()): Freshness {
  if (!lastLogin) return "never";
  const days = (now - new Date(lastLogin).getTime()) / DAY;
  return days < 30 ? "fresh" : days < 90 ? "half" : "old";
}

/** An ISO date (UTC) of the day that many days before now. */
export const daysAgo = (days: number, now: number = Date.now()) => new Date(now - days * DAY).toISOString().slice(0, 10);

export const number = new Intl.NumberFormat("en-US");
export const count = (many: number, one: string, several: string) => `${number.format(many)} ${many === 1 ? one : several}`;
