/** The signs of our own: the house with its keyhole, the reach of a scope, the freshness of a login. */
import type { ScopeType } from "~/api/schema";
import { LEVEL_WORD } from "~/lib/levels";
import { type Freshness } from "~/lib/time";

export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path fill="var(--ks-accent)" d="M12 1.5 22 9v11a2.5 2.5 0 0 1-2.5 2.5h-15A2.5 2.5 0 0 1 2 20V9z" />
      <path fill="var(--ks-canvas)" d="M12 8.5a2.9 2.9 0 0 0-1.5 5.4l-.8 4.6h4.6l-.8-4.6A2.9 2.9 0 0 0 12 8.5" />
    </svg>
  );
}

const DEPTH: Record<string, number> = { system: 0, tenant: 0, cluster: 1, department: 2, project: 3 };

/** Four lines stepped like the tree; those from the scope downwards are dark: that is how far a rule reaches. */
export function ReachMark({ type }: { type: ScopeType | string }) {
  const depth = DEPTH[type] ?? 3;
  return (
    <svg className="reach" width="13" height="11" viewBox="0 0 13 11" role="img" shapeRendering="crispEdges">
      <title>{LEVEL_WORD[type] ?? type}</title>
      {[0, 1, 2, 3].map((line) => (
        <rect
          key={line}
          x={line * 2}
          y={line * 3}
          width={13 - line * 2}
          height="2"
          fill={line >= depth ? "var(--ks-ink2)" : "var(--ks-faint)"}
        />
      ))}
    </svg>
  );
}

const RING_WORDS: Record<Exclude<Freshness, "fresh">, string> = {
  half: "More than 30 days ago",
  old: "More than 90 days ago",
  never: "Never used",
};

/** Beside a last login that is not fresh: half after 30 days, a brass ring after 90, dashed when there was none. */
export function FreshnessRing({ of }: { of: Freshness }) {
  if (of === "fresh") return null;
  const ring = { fill: "none", cx: 5, cy: 5, r: 3.75, strokeWidth: 1.5 };
  return (
    <svg className="ring" width="10" height="10" viewBox="0 0 10 10" role="img">
      <title>{RING_WORDS[of]}</title>
      {of === "half" && (
        <>
          <circle {...ring} strokeWidth={1} stroke="var(--ks-ink3)" />
          <path d="M5 1.25a3.75 3.75 0 0 0 0 7.5z" fill="var(--ks-ink3)" />
        </>
      )}
      {of === "old" && <circle {...ring} strokeWidth={2} stroke="var(--ks-brass-glyph)" />}
      {of === "never" && <circle {...ring} strokeWidth={1.2} stroke="var(--ks-ink3)" strokeDasharray="1.6 1.35" />}
    </svg>
  );
}
