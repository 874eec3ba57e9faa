/** The tree of clusters, departments and projects: made, renamed and deleted where the person may. */
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";

import { Page } from "~/components/Page";
import { NoPermission } from "~/components/states";
import { useHeld, useMay } from "~/features/session/session";

import { DeletePlace } from "./DeletePlace";
import { Found } from "./Found";
import { Level } from "./Level";
import { NewPlace, RenamePlace } from "./NamePlace";
import type { Wanted } from "./PlaceMenu";
import "./organisation.css";

export function Organisation() {
  const may = useMay();
  const held = useHeld();
  const [text, setText] = useState("");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const search = text.trim();
  if (!(["tenant", "cluster", "department", "project"] as const).some((level) => may("read", level))) {
    return (
      <Page title="Organisation">
        <NoPermission what="the organisation" held={held} roles="Department administrator" />
      </Page>
    );
  }
  return (
    <Page title="Organisation">
      <div className="page-body">
        <TextInput
          className="org-search"
          role="searchbox"
          aria-label="Search"
          placeholder="Search clusters, departments and projects"
          leftSection={<IconSearch size={16} stroke={1.75} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {search ? <Found search={search} onWanted={setWanted} /> : <Level depth={0} parentId={undefined} onWanted={setWanted} />}
      </div>
      {wanted?.kind === "new" && <NewPlace parent={wanted.node} onClose={() => setWanted(null)} />}
      {wanted?.kind === "rename" && <RenamePlace node={wanted.node} onClose={() => setWanted(null)} />}
      {wanted?.kind === "delete" && <DeletePlace node={wanted.node} onClose={() => setWanted(null)} />}
    </Page>
  );
}
