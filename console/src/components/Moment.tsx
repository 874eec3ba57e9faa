import { FreshnessRing } from "./marks";
import { day, freshness, inFull, relative } from "~/lib/time";

/** A moment as people say it; the tooltip has it in full, local and UTC. */
export function Moment({ at, as = "ago" }: { at: string | null | undefined; as?: "ago" | "day" }) {
  if (!at) return <span className="ink3">Never</span>;
  return (
    <time className="nowrap" dateTime={at} data-tip={inFull(at)}>
      {as === "day" ? day(at) : relative(at)}
    </time>
  );
}

export function LastLogin({ at }: { at: string | null | undefined }) {
  return (
    <span className="row last-login">
      <Moment at={at} />
      <FreshnessRing of={freshness(at)} />
    </span>
  );
}
