/** Mantine calls a popover by what opened it; ours have names of their own, which these properties give. */
export const named = (name: string) => ({ "aria-label": name, "aria-labelledby": undefined });
