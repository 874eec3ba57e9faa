/** The entries of the view as a file of any length: the browser writes it while the server streams it. */
import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";

import { api } from "~/api/client";
import { toast } from "~/components/toasts";
import type { View } from "~/lib/view";

import { asked } from "./view";

const PATH = "/api/v1/audit/log/file";
type FileType = "CSV" | "JSON";

export function Download({ view, days }: { view: View; days: string }) {
  return (
    <Menu position="bottom-end" width={200} shadow="none">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} stroke={1.75} />}>
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["CSV", "JSON"] as const).map((type) => (
          <Menu.Item key={type} onClick={() => void download(view, days, type)}>
            Download as {type}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

async function download(view: View, days: string, type: FileType): Promise<void> {
  const query = { ...asked(view, days), file_type: type };
  try {
    // A download that is refused says nothing in the page: the same question, for no entry, does.
    await api.GET(PATH, { parseAs: "text", params: { query: { ...query, numberOfSamples: 0 } as never } });
  } catch (error) {
    toast({ tone: "warn", text: error instanceof Error ? error.message : "The file could not be made." });
    return;
  }
  const { filterBy, ...single } = query;
  const parameters = new URLSearchParams(single);
  filterBy.forEach((filter) => parameters.append("filterBy", filter));
  const link = document.createElement("a");
  link.href = `${PATH}?${parameters}`;
  link.download = `audit-log-${new Date().toISOString().slice(0, 10)}.${type.toLowerCase()}`;
  link.click();
}
