import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { readView, writeView, type View } from "~/lib/view";

import { Shell } from "./Shell";
import { NotFound } from "./NotFound";

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): View => search as View,
});

const begin = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    // The router throws what is not an error to go elsewhere.
    throw redirect({ to: "/service-accounts", replace: true });
  },
});

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: "/overview",
  component: lazyRouteComponent(() => import("~/features/overview/Overview"), "Overview"),
});
const serviceAccounts = createRoute({
  getParentRoute: () => rootRoute,
  path: "/service-accounts",
  component: lazyRouteComponent(() => import("~/features/service_accounts/ServiceAccounts"), "ServiceAccounts"),
});
const accessRules = createRoute({
  getParentRoute: () => rootRoute,
  path: "/access-rules",
  component: lazyRouteComponent(() => import("~/features/access_rules/AccessRules"), "AccessRules"),
});
const roles = createRoute({
  getParentRoute: () => rootRoute,
  path: "/roles",
  component: lazyRouteComponent(() => import("~/features/roles/Roles"), "Roles"),
});
const accessKeys = createRoute({
  getParentRoute: () => rootRoute,
  path: "/access-keys",
  component: lazyRouteComponent(() => import("~/features/access_keys/AccessKeys"), "AccessKeys"),
});
const users = createRoute({
  getParentRoute: () => rootRoute,
  path: "/users",
  component: lazyRouteComponent(() => import("~/features/users/Users"), "Users"),
});
const organisation = createRoute({
  getParentRoute: () => rootRoute,
  path: "/organisation",
  component: lazyRouteComponent(() => import("~/features/organisation/Organisation"), "Organisation"),
});
const audit = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit-log",
  component: lazyRouteComponent(() => import("~/features/audit/AuditLog"), "AuditLog"),
});
const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("~/features/settings/UserSettings"), "UserSettings"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    begin,
    overview,
    serviceAccounts,
    accessRules,
    roles,
    accessKeys,
    users,
    organisation,
    audit,
    settings,
  ]),
  parseSearch: readView,
  stringifySearch: writeView,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
