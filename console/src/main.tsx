import "@fontsource-variable/atkinson-hyperlegible-next/index.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/index.css";
import "./app/library.css";
import "./app/base.css";
import "./components/parts.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queries } from "./app/queries";
import { router } from "./app/router";
import { resolver, theme } from "./app/theme";
import { TipLayer } from "./components/tip";
import { Toasts } from "./components/toasts";
import { Entrance } from "./features/session/Entrance";

// The policy lets in only styles that carry this page's nonce; it is made anew for each load.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
// What locks scrolling behind a dialog writes a style of its own, and looks for the nonce under this name.
Object.assign(window, { __webpack_nonce__: nonce });
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <Entrance>
          <RouterProvider router={router} />
        </Entrance>
        <Toasts />
        <TipLayer />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
