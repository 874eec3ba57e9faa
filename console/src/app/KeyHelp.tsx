import { Modal } from "@mantine/core";

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
  return (
    <Modal opened onClose={onClose} title="Keys" size={560} closeButtonProps={{ "aria-label": "Close" }}>
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
      <p className="meta">Single letters act only while the table has the focus, or nothing has.</p>
    </Modal>
  );
}
