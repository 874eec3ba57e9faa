import { IconAlertCircle } from "@tabler/icons-react";

/** What went wrong, in a form or a dialog; nothing while nothing did. */
export function ErrorLine({ error }: { error: Error | null | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="dialog-error">
      <IconAlertCircle size={16} stroke={1.75} aria-hidden />
      {error.message}
    </p>
  );
}
