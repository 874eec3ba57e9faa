import { TextInput } from "@mantine/core";

interface ClientNameFieldProps {
  value: string;
  error: string | null | undefined;
  /** What else there is to say of a name. */
  note?: string;
  onChange: (name: string) => void;
}

/** The name of what has a client ID: service accounts and access keys are called alike. */
export function ClientNameField({ value, error, note, onChange }: ClientNameFieldProps) {
  return (
    <TextInput
      label="Name"
      data-autofocus
      required
      withAsterisk={false}
      autoComplete="off"
      spellCheck={false}
      maxLength={255}
      description={["Lower-case letters, digits, - and _; starts with a letter.", note].filter(Boolean).join(" ")}
      inputWrapperOrder={["label", "input", "error", "description"]}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
