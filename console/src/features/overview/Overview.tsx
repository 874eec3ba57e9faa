/** What needs attention, in numbers; each leads to the table that shows it. */
import { useQuery } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import { Page } from "~/components/Page";
import { Failed, NoPermission } from "~/components/states";
import { useHeld, useMay, useSession } from "~/features/session/session";
import { clock, inFull } from "~/lib/time";

import { Ages } from "./Ages";
import { Attention } from "./Attention";
import { Figures } from "./Figures";
import { Latest } from "./Latest";
import { Logins } from "./Logins";
import { Reach } from "./Reach";
import "./overview.css";

export function Overview() {
  const may = useMay();
  const held = useHeld();
  const { permissions } = useSession();
  const mayRead = may("read", "service-account");
  const overview = useQuery({
    queryKey: ["overview"],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }) => dataOf(await api.GET("/api/v1/service-accounts/overview", { signal })),
  });
  const usage = useQuery({
    queryKey: ["overview", "usage"],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }) => dataOf(await api.GET("/api/v1/service-accounts/usage", { signal })),
  });
  if (!mayRead) {
    return (
      <Page title="Overview">
        <NoPermission what="service accounts" held={held} roles="Application administrator or Department administrator" />
      </Page>
    );
  }
  const [highest] = permissions;
  const where = highest && (highest.scopeType === "tenant" || permissions.length === 1) ? highest.scopeName : "your scopes";
  return (
    <Page
      title="Overview"
      note={
        overview.data && (
          <span>
            Everything in {where}, as of <time data-tip={inFull(overview.data.asOf)}>{clock(overview.data.asOf)}</time>
          </span>
        )
      }
    >
      {overview.error && <Failed error={overview.error} title="The overview could not be made" onRetry={() => void overview.refetch()} />}
      {overview.data && (
        <div className="page-body">
          <Figures overview={overview.data} usage={usage.data} />
          <div className="overview">
            <div className="overview-main">
              <Attention overview={overview.data} />
              {may("read", "events-history") && <Latest />}
            </div>
            <div className="overview-side">
              <Logins overview={overview.data} />
              <Ages overview={overview.data} />
              {may("read", "access_rules") && <Reach overview={overview.data} />}
            </div>
          </div>
        </div>
      )}
    </Page>
  );
}
