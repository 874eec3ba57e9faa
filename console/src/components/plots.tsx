/** Small plots of our own: a line of days, bars of days. Each says its numbers in words too. */
import { number } from "~/lib/time";

interface TrendProps {
  values: readonly number[];
  /** What is counted, for screen readers. */
  label: string;
  width?: number;
  height?: number;
}

const words = (label: string, values: readonly number[]) =>
  `${label}: ${number.format(values.at(-1) ?? 0)} on the last day, at most ${number.format(Math.max(0, ...values))}`;

export function TrendLine({ values, label, width = 92, height = 30 }: TrendProps) {
  const most = Math.max(1, ...values);
  const step = (width - 6) / Math.max(1, values.length - 1);
  const points = values.map((value, at) => [at * step + 2, height - 2 - (value / most) * (height - 6)] as const);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const last = points.at(-1);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" className="plot">
      <title>{words(label, values)}</title>
      <polygon points={`2,${height} ${line} ${last?.[0] ?? 2},${height}`} fill="var(--ks-plot-fill)" />
      <polyline points={line} fill="none" stroke="var(--ks-accent)" strokeWidth="1.5" strokeLinejoin="round" />
      {last && <circle cx={last[0]} cy={last[1]} r="2" fill="var(--ks-accent)" />}
    </svg>
  );
}

export function TrendBars({ values, label, width = 92, height = 34 }: TrendProps) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" className="plot">
      <title>{words(label, values)}</title>
      {values.map((value, at) => {
        const tall = value ? Math.max(2, (value / most) * height) : 1;
        const isLast = at === values.length - 1;
        return (
          <rect
            key={at}
            x={at * step}
            y={height - tall}
            width={Math.max(1, step - 2)}
            height={tall}
            fill={isLast && value ? "var(--ks-brass-plot)" : "var(--ks-faint)"}
          />
        );
      })}
    </svg>
  );
}
