/** An entry of the audit log as a line: when, what, and who or whence. */
import type { ReactNode } from "react";

import type { AuditLog } from "~/api/schema";
import { inFull, relative, when } from "~/lib/time";

import { entryWords } from "./words";

interface EntryLineProps {
  entry: AuditLog;
  /** "4 min ago" in place of the day and hour. */
  ago?: boolean;
  /** After what happened. */
  more?: ReactNode;
  /** At the end of the line; the one who did it, without. */
  end?: ReactNode;
}

export function EntryLine({ entry, ago = false, more, end = entry.subject }: EntryLineProps) {
  const { before, name, after } = entryWords(entry);
  const { timestamp } = entry;
  return (
    <li className="line">
      <time className="meta line-time" dateTime={timestamp} data-tip={inFull(timestamp)}>
        {ago ? relative(timestamp) : when(timestamp)}
      </time>
      <span className="grow cut">
        {before} <b>{name}</b> {after}
        {more}
      </span>
      <span className="meta line-end cut">{end}</span>
    </li>
  );
}
