/** Whether all of these rows say that the person may do this with them. */
export const permits =
  (action: "create" | "update" | "delete") =>
  (rows: readonly { permittedActions?: readonly string[] | null }[]): boolean =>
    rows.every((row) => row.permittedActions?.includes(action));
