/** What can be done with a place of the organisation. */
import { Menu } from "@mantine/core";
import { IconDots, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";

import type { OrgUnitNode } from "~/api/schema";
import { BELOW } from "~/lib/levels";
import { permits } from "~/lib/permits";

export interface Wanted {
  kind: "new" | "rename" | "delete";
  node: OrgUnitNode;
}

export type OnWanted = (wanted: Wanted) => void;

export function PlaceMenu({ node, onWanted }: { node: OrgUnitNode; onWanted: OnWanted }) {
  const navigate = useNavigate();
  const below = BELOW[node.scopeType];
  return (
    <Menu position="bottom-end" width={240} shadow="none">
      <Menu.Target>
        <button type="button" className="icon-button" aria-label={`Actions for ${node.scopeName}`}>
          <IconDots size={16} stroke={1.75} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void navigate({ to: "/service-accounts", search: { f: [`scope=^${node.scopeId}`] } })}>
          Service accounts with rules here
        </Menu.Item>
        {below && permits("create")([node]) && (
          <Menu.Item leftSection={<IconPlus size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "new", node })}>
            New {below[0]}
          </Menu.Item>
        )}
        {permits("update")([node]) && node.scopeType !== "tenant" && (
          <Menu.Item leftSection={<IconPencil size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "rename", node })}>
            Rename
          </Menu.Item>
        )}
        {permits("delete")([node]) && node.scopeType !== "tenant" && (
          <Menu.Item className="danger" leftSection={<IconTrash size={16} stroke={1.75} />} onClick={() => onWanted({ kind: "delete", node })}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
