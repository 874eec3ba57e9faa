import { Switch } from "@mantine/core";
import { useState } from "react";

import { Dialog } from "~/components/Dialog";
import { letterKeys } from "~/lib/keys";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Everywhere",
    [
      ["Ctrl K", "Go to"],
      ["/", "Search the list"],
      ["F", "Add a filter"],
      ["N", "New"],
      ["[", "Fold the bar"],
      ["?", "This list"],
    ],
  ],
  [
    "In the table",
    [
      ["↑ ↓ or J K", "Move"],
      ["Space", "Select"],
      ["Shift ↑ ↓", "Select several"],
      ["Enter", "Open"],
      ["A", "Access rules"],
      ["R", "Regenerate client secret"],
      ["E", "Enable or disable"],
      ["C", "Copy client ID"],
      ["Delete", "Delete"],
      ["Esc", "One step back"],
    ],
  ],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(letterKeys.areOn);
  return (
    <Dialog title="Keys" width="secret" cross onClose={onClose}>
      <div className="key-help">
        {KEYS.map(([group, keys]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key} className="row">
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Switch
        label="Single-letter keys"
        description="Outside of fields. The arrows, Space, Enter and Ctrl K work either way."
        checked={on}
        onChange={(event) => {
          letterKeys.turn(event.currentTarget.checked);
          setOn(event.currentTarget.checked);
        }}
      />
    </Dialog>
  );
}
