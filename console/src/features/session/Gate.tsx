import type { ReactNode } from "react";

import { Logo } from "~/components/marks";

import "./gate.css";

interface GateProps {
  title: string;
  lead: string;
  children: ReactNode;
  /** Says where programs go. */
  foot?: boolean;
}

/** The page before the console: a form on the left, the house on the right. */
export function Gate({ title, lead, children, foot = false }: GateProps) {
  return (
    <div className="gate">
      <main className="gate-side">
        <div className="gate-brand">
          <Logo size={26} />
          Keystead
        </div>
        <div className="gate-middle">
          <h1>{title}</h1>
          <p className="gate-lead">{lead}</p>
          {children}
        </div>
        {foot && (
          <p className="meta gate-foot">
            Programs don't sign in here. They exchange a client ID and secret at <code>/api/v2/token</code>.
          </p>
        )}
      </main>
      <div className="gate-picture" aria-hidden="true">
        <svg viewBox="0 0 840 900" preserveAspectRatio="xMidYMid slice">
          {[
            ["M420 306 564 408v148a24 24 0 0 1-24 24H300a24 24 0 0 1-24-24V408z", 1],
            ["M420 245 625 388v212a34 34 0 0 1-34 34H249a34 34 0 0 1-34-34V388z", 0.8],
            ["M420 174 696 372v280a44 44 0 0 1-44 44H188a44 44 0 0 1-44-44V372z", 0.6],
            ["M420 92 778 350v368a54 54 0 0 1-54 54H116a54 54 0 0 1-54-54V350z", 0.42],
            ["M420-4 880 328v476a64 64 0 0 1-64 64H24a64 64 0 0 1-64-64V328z", 0.3],
            ["M420-120 1000 300v520a74 74 0 0 1-74 74H-86a74 74 0 0 1-74-74V300z", 0.18],
          ].map(([path, opacity]) => (
            <path key={String(path)} d={String(path)} fill="none" stroke="#8fcedf" strokeOpacity={opacity} />
          ))}
          <path d="M420 406a36 36 0 0 0-21 65l-13 63h68l-13-63a36 36 0 0 0-21-65" fill="#e0bd7e" />
        </svg>
      </div>
    </div>
  );
}
