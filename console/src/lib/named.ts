/**
 * Mantine calls a popover by what opened it; ours have names of their own, which these properties give.
 * It drops properties that are undefined; null takes the attribute away, though the types do not know of it.
 */
export const named = (name: string) => ({ "aria-label": name, "aria-labelledby": null as unknown as string });
