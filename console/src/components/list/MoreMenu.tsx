import { Button, Menu } from "@mantine/core";
import { IconCheck, IconDots, IconDownload, IconLink } from "@tabler/icons-react";

import { toast } from "~/components/toasts";
import type { Chosen } from "~/lib/columns";
import { copyText } from "~/lib/copy";

import { download } from "./download";
import type { ListSpec } from "./spec";
import { requestOf, type ListState } from "./useList";

interface MoreMenuProps<Row> {
  spec: ListSpec<Row>;
  state: ListState;
  columns: readonly Chosen[];
  compact: boolean;
  onCompact: (compact: boolean) => void;
}

export function MoreMenu<Row>({ spec, state, columns, compact, onCompact }: MoreMenuProps<Row>) {
  const copyLink = async () => {
    const done = await copyText(location.href);
    toast(done ? { text: "Link copied" } : { text: "The link is in the address bar", tone: "warn" });
  };
  return (
    <Menu position="bottom-end" width={212} shadow="none">
      <Menu.Target>
        <Button variant="default" className="tool-more" aria-label="More" leftSection={<IconDots size={16} stroke={1.75} />}>
          <span className="wide-only">More</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {spec.csv && (
          <Menu.Item
            leftSection={<IconDownload size={16} stroke={1.75} />}
            onClick={() => void download(spec, requestOf(spec, state), columns)}
          >
            Download as CSV
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLink size={16} stroke={1.75} />} onClick={() => void copyLink()}>
          Copy link to this view
        </Menu.Item>
        <Menu.Divider />
        <Menu.RadioGroup
          aria-label="Rows"
          value={compact ? "compact" : "standard"}
          onChange={(value) => onCompact(value === "compact")}
        >
          {["standard", "compact"].map((value) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick checkIcon={<IconCheck size={16} stroke={1.75} />}>
              {value === "compact" ? "Compact rows" : "Standard rows"}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
