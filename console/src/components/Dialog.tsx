/** A dialog: top-aligned, its body scrolls, its buttons do not; the focus goes back to where it came from. */
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

import { useFocusGivenBack } from "./opener";
import "./dialog.css";

export const WIDTH = { confirm: 440, form: 480, secret: 640, wide: 920 } as const;

interface DialogProps {
  title: ReactNode;
  lead?: ReactNode;
  width?: keyof typeof WIDTH;
  onClose: () => void;
  /** False: neither Escape nor a click outside closes it, and it has no cross. */
  closable?: boolean;
  cross?: boolean;
  children: ReactNode;
}

export function Dialog({ title, lead, width = "form", onClose, closable = true, cross = false, children }: DialogProps) {
  useFocusGivenBack();
  return (
    <Modal.Root
      opened
      onClose={closable ? onClose : () => undefined}
      closeOnEscape={closable}
      closeOnClickOutside={false}
      size={WIDTH[width]}
      returnFocus={false}
      radius="lg"
      yOffset="12vh"
      transitionProps={{ duration: 120, transition: "fade" }}
      className="dialog"
    >
      <Modal.Overlay backgroundOpacity={0.34} color="#000" />
      <Modal.Content>
        <Modal.Header role="presentation" className="dialog-header">
          <div className="grow">
            <Modal.Title className="dialog-title">{title}</Modal.Title>
            {lead && <p className="dialog-lead">{lead}</p>}
          </div>
          {cross && <Modal.CloseButton aria-label="Close dialog" />}
        </Modal.Header>
        <Modal.Body className="dialog-body">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
