import { TextInput } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState, type Ref } from "react";

const PAUSE_MS = 200;

interface SearchFieldProps {
  value: string;
  onSearch: (text: string) => void;
  ref?: Ref<HTMLInputElement>;
}

/** Searches as one types, once the typing pauses. */
export function SearchField({ value, onSearch, ref }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const timer = useRef(0);
  const sent = useRef(value);
  useEffect(() => {
    // The address changed by itself: back, a link, "Clear all".
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  const send = (next: string) => {
    clearTimeout(timer.current);
    sent.current = next.trim();
    onSearch(sent.current);
  };
  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => send(next), PAUSE_MS);
  };
  return (
    <TextInput
      ref={ref}
      className="search-field"
      type="text"
      role="searchbox"
      aria-label="Search"
      placeholder="Search"
      leftSection={<IconSearch size={16} stroke={1.75} />}
      rightSection={
        text ? (
          <button
            type="button"
            className="icon-button small"
            aria-label="Clear search"
            onClick={() => {
              setText("");
              send("");
            }}
          >
            <IconX size={14} stroke={1.75} />
          </button>
        ) : (
          <kbd aria-hidden="true">/</kbd>
        )
      }
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") send(text);
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
