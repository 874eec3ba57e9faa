import { QueryClient } from "@tanstack/react-query";

import { Problem } from "~/api/client";

/** What the server said stays for a moment; a refusal is not asked again, silence is, once. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 1 && error instanceof Problem && error.status === 0,
    },
    mutations: { retry: false },
  },
});
