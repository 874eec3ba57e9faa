import { Link } from "@tanstack/react-router";

import { State } from "~/components/states";
import { Page } from "~/components/Page";

export function NotFound() {
  return (
    <Page title="Not found">
      <State title="Nothing is at this address" actions={<Link to="/service-accounts">Service accounts</Link>}>
        <p>The link may be cut, or from another version.</p>
      </State>
    </Page>
  );
}
