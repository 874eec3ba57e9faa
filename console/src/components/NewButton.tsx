import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";

/** A page's primary button, "New user"; on a narrow screen the sign alone. */
export function NewButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button leftSection={<IconPlus size={16} stroke={1.75} />} className="primary" aria-label={label} onClick={onClick}>
      <span className="wide-only">{label}</span>
    </Button>
  );
}
