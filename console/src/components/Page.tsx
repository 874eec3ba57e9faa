import { useEffect, type ReactNode } from "react";

import "./page.css";

interface PageProps {
  title: string;
  /** At the right of the title: the one primary button. */
  primary?: ReactNode;
  note?: ReactNode;
  children: ReactNode;
  /** The table's page fills the window; others stop at a readable width. */
  wide?: boolean;
}

export function Page({ title, primary, note, children, wide = false }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Keystead`;
  }, [title]);
  return (
    <main id="main" tabIndex={-1} className={wide ? "page wide" : "page"}>
      <header className="page-head">
        <h1>{title}</h1>
        {note && <div className="page-note">{note}</div>}
        {primary}
      </header>
      {children}
    </main>
  );
}
