/** What surrounds every page: the bar on the left, Go to, the keys that work everywhere. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import {
  IconBook2,
  IconLogout,
  IconMenu2,
  IconMoon,
  IconSearch,
  IconSelector,
  IconSettings,
  IconUserCircle,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";

import { api } from "~/api/client";
import { Logo, ReachMark } from "~/components/marks";
import { memory } from "~/lib/columns";
import { isTyping, letterKeys } from "~/lib/keys";
import { replaceSession, useSession } from "~/features/session/session";

import { ACCESS_PAGES, OVERVIEW, useOffered, type ConsolePage } from "./pages";
import "./shell.css";

const GoTo = lazy(() => import("./GoTo").then((room) => ({ default: room.GoTo })));
const KeyHelp = lazy(() => import("./KeyHelp").then((room) => ({ default: room.KeyHelp })));
const FOLDED = "keystead.bar.folded";

export function Shell() {
  const [folded, setFolded] = useState(() => memory.read(FOLDED, false));
  const [open, setOpen] = useState(false);
  const [going, setGoing] = useState(false);
  const [helping, setHelping] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });

  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setGoing(true);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !letterKeys.areOn()) return;
      if (event.key === "[") {
        setFolded((before) => {
          memory.write(FOLDED, !before);
          return !before;
        });
      } else if (event.key === "?") setHelping(true);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className={["shell", folded && "folded", open && "open"].filter(Boolean).join(" ")}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <button
        type="button"
        className="icon-button menu-button"
        aria-label="Menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <IconMenu2 size={22} stroke={1.75} />
      </button>
      {open && <button type="button" className="shade" aria-label="Close menu" onClick={() => setOpen(false)} />}
      <header className="bar">
        <Link to="/service-accounts" className="brand" aria-label="Keystead">
          <Logo />
          <span className="bar-word">Keystead</span>
        </Link>
        <button type="button" className="go-to" onClick={() => setGoing(true)}>
          <IconSearch size={16} stroke={1.75} aria-hidden />
          <span className="bar-word grow">Go to</span>
          <kbd className="bar-word" aria-hidden="true">
            Ctrl K
          </kbd>
        </button>
        <Navigation folded={folded} />
        <Person />
      </header>
      <div className="shell-page">
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </div>
      <Suspense fallback={null}>
        {going && <GoTo onClose={() => setGoing(false)} />}
        {helping && <KeyHelp onClose={() => setHelping(false)} />}
      </Suspense>
    </div>
  );
}

function Navigation({ folded }: { folded: boolean }) {
  const offered = useOffered();
  const access = ACCESS_PAGES.filter(offered);
  return (
    <nav aria-label="Pages" className="nav">
      {offered(OVERVIEW) && <NavLink page={OVERVIEW} folded={folded} />}
      {access.length > 0 && (
        <>
          <div className="nav-group bar-word" id="nav-access">
            Access
          </div>
          <ul aria-labelledby="nav-access">
            {access.map((page) => (
              <li key={page.to}>
                <NavLink page={page} folded={folded} />
              </li>
            ))}
          </ul>
        </>
      )}
    </nav>
  );
}

interface NavLinkProps {
  page: ConsolePage;
  /** The word is out of sight: a tooltip says it. */
  folded: boolean;
}

function NavLink({ page: { to, label, icon: Sign }, folded }: NavLinkProps) {
  return (
    <Link to={to} className="nav-link" data-tip={folded ? label : undefined} activeProps={{ className: "nav-link active", "aria-current": "page" }}>
      <Sign size={18} stroke={1.75} aria-hidden />
      <span className="bar-word">{label}</span>
    </Link>
  );
}

function Person() {
  const session = useSession();
  const queries = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const out = useMutation({
    mutationFn: () => api.DELETE("/api/v1/session", {}),
    onSettled: () => replaceSession(queries, null),
  });
  const [highest, ...more] = session.permissions;
  const name = session.person?.email ?? "Service account";
  const next = colorScheme === "dark" ? "light" : colorScheme === "light" ? "auto" : "dark";
  return (
    <div className="person">
      <Menu position="top-start" width={232} shadow="none">
        <Menu.Target>
          <button type="button" className="person-button" aria-label={`${name}, menu`}>
            <IconUserCircle size={18} stroke={1.75} aria-hidden />
            <span className="bar-word grow cut" data-tip={name} data-tip-cut>
              {name}
            </span>
            <IconSelector size={16} stroke={1.75} className="bar-word" aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={16} stroke={1.75} />}>
            User settings
          </Menu.Item>
          <Menu.Item
            leftSection={<IconMoon size={16} stroke={1.75} />}
            closeMenuOnClick={false}
            rightSection={<span className="meta">{colorScheme === "auto" ? "as the system" : colorScheme}</span>}
            onClick={() => setColorScheme(next)}
          >
            Colours
          </Menu.Item>
          <Menu.Item
            component="a"
            href="/api/docs"
            target="_blank"
            leftSection={<IconBook2 size={16} stroke={1.75} />}
          >
            API reference
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={16} stroke={1.75} />} onClick={() => out.mutate()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <p className="meta row person-reach bar-word">
        {highest ? (
          <>
            <ReachMark type={highest.scopeType} />
            <span className="cut">
              Reaches {highest.scopeType === "tenant" ? "all of " : ""}
              {highest.scopeName}
              {more.length > 0 && ` and ${more.length} more`}
            </span>
          </>
        ) : (
          "Reaches nothing yet"
        )}
      </p>
    </div>
  );
}
