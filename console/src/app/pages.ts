/** The console's pages: what the navigation, Go to and the permissions agree on. */
import {
  IconHistory,
  IconGauge,
  IconId,
  IconKey,
  IconPlugConnected,
  IconShieldCheck,
  IconSitemap,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";

import type { ResourceType } from "~/api/schema";
import { useMay } from "~/features/session/session";

export interface ConsolePage {
  to: string;
  label: string;
  icon: Icon;
  /** Offered to those who may read these anywhere; to everybody when absent. */
  reads?: readonly ResourceType[];
}

export const OVERVIEW: ConsolePage = { to: "/overview", label: "Overview", icon: IconGauge, reads: ["service-account"] };

export const ACCESS_PAGES: readonly ConsolePage[] = [
  { to: "/service-accounts", label: "Service accounts", icon: IconKey, reads: ["service-account"] },
  { to: "/access-rules", label: "Access rules", icon: IconShieldCheck, reads: ["access_rules"] },
  { to: "/roles", label: "Roles", icon: IconId, reads: ["roles"] },
  { to: "/access-keys", label: "Access keys", icon: IconPlugConnected, reads: ["access-keys"] },
  { to: "/users", label: "Users", icon: IconUsers, reads: ["users"] },
  {
    to: "/organisation",
    label: "Organisation",
    icon: IconSitemap,
    reads: ["tenant", "cluster", "department", "project"],
  },
  { to: "/audit-log", label: "Audit log", icon: IconHistory, reads: ["events-history"] },
];

/** Whether a page is offered to the person at all. */
export function useOffered(): (page: ConsolePage) => boolean {
  const may = useMay();
  return ({ reads }) => !reads || reads.some((resource) => may("read", resource));
}
