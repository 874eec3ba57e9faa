/** Go to: pages and service accounts by name, without the mouse. */
import { Modal, TextInput } from "@mantine/core";
import { IconKey, IconSearch, IconSettings } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState, type KeyboardEvent } from "react";

import { api, dataOf } from "~/api/client";
import { useFocusGivenBack } from "~/components/opener";
import { useMay } from "~/features/session/session";

import { ACCESS_PAGES, OVERVIEW, useOffered, type ConsolePage } from "./pages";

const SETTINGS: ConsolePage = { to: "/settings", label: "User settings", icon: IconSettings };
const MOST = 8;

export function GoTo({ onClose }: { onClose: () => void }) {
  useFocusGivenBack();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const offered = useOffered();
  const mayReadAccounts = useMay()("read", "service-account");
  const wanted = text.trim().toLowerCase();
  const accounts = useQuery({
    queryKey: ["go-to", wanted],
    enabled: mayReadAccounts && wanted.length > 0,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v1/service-accounts", {
          signal,
          params: { query: { filterBy: [`name=@${wanted}`], limit: MOST, sortBy: "name" } },
        }),
      ),
  });
  const pages = [OVERVIEW, ...ACCESS_PAGES, SETTINGS].filter(offered);
  const found = [
    ...pages
      .filter((page) => page.label.toLowerCase().includes(wanted))
      .map(({ to, label, icon }) => ({ key: to, label, icon, kind: "Page", go: () => void navigate({ to }) })),
    ...(wanted ? (accounts.data ?? []) : []).map(({ id, name }) => ({
      key: id,
      label: name,
      icon: IconKey,
      kind: "Service account",
      go: () => void navigate({ to: "/service-accounts", search: { open: id } }),
    })),
  ];
  const chosen = Math.min(at, found.length - 1);
  const listId = useId();
  const take = (index: number) => {
    onClose();
    found[index]?.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((chosen + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(chosen);
    }
  };
  return (
    <Modal.Root opened onClose={onClose} size={480} padding={0} returnFocus={false}>
      <Modal.Overlay backgroundOpacity={0.34} color="#000" />
      <Modal.Content aria-label="Go to">
        <TextInput
          className="go-to-field"
          variant="unstyled"
          aria-label="Go to"
          placeholder="A page, or a service account"
          leftSection={<IconSearch size={16} stroke={1.75} />}
          data-autofocus
          value={text}
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found[chosen] ? `${listId}-${chosen}` : undefined}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <ul id={listId} role="listbox" aria-label="Found" className="go-to-list">
          {found.map(({ key, label, icon: Sign, kind }, index) => (
            <li
              key={key}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === chosen}
              className="go-to-option"
              onPointerMove={() => setAt(index)}
              onClick={() => take(index)}
            >
              <Sign size={16} stroke={1.75} aria-hidden />
              <span className="grow cut">{label}</span>
              <span className="meta">{kind}</span>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className="go-to-none ink3">Nothing is called that.</p>}
      </Modal.Content>
    </Modal.Root>
  );
}
