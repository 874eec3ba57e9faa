import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

const shades = (text: string) => text.split(" ") as unknown as MantineColorsTuple;

/** A filled petrol control carries the label colour that contrasts with it in either scheme. */
const variants: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const petrol = input.variant === "filled" && (input.color ?? "petrol") === "petrol";
  return petrol ? { ...colors, color: "var(--ks-on-accent)" } : colors;
};

export const theme = createTheme({
  fontFamily: '"Atkinson Hyperlegible Next Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"Atkinson Hyperlegible Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  spacing: { xs: "0.25rem", sm: "0.5rem", md: "0.75rem", lg: "1rem", xl: "1.5rem" },
  radius: { xs: "0.25rem", sm: "0.375rem", md: "0.5rem", lg: "0.75rem", xl: "1rem" },
  defaultRadius: "sm",
  black: "#191a18",
  colors: {
    petrol: shades("#ebf9fc #d6f0f7 #b7e2ed #8fcedf #66b7cb #3c9cb2 #158096 #056476 #014f5e #003844"),
    green: shades("#edfaf1 #d9f2e1 #bbe5c9 #96d3ac #70bd8e #4aa270 #2b8756 #0a6b3e #005530 #003d20"),
    red: shades("#fff3f1 #fee4e0 #ffcbc4 #fea99e #fe7c70 #e9554c #c93531 #a51719 #87060d #640005"),
    brass: shades("#fdf5e7 #f7e9cf #eed6ab #e0bd7e #cda24f #b3851c #946b05 #745303 #5c4100 #422e00"),
    gray: shades("#f9faf8 #f4f5f2 #e6e6e3 #dbdbd8 #bebebb #868684 #676765 #4d4d4b #2e2e2c #191a18"),
    dark: shades("#e7ecec #bac0bf #949a99 #737978 #343a39 #272c2b #1b2020 #161a1a #0f1212 #090d0d"),
  },
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 4 },
  variantColorResolver: variants,
  cursorType: "pointer",
  respectReducedMotion: true,
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.4" },
      h2: { fontSize: "1rem", lineHeight: "1.5" },
      h3: { fontSize: "0.875rem", lineHeight: "1.43" },
    },
  },
  components: {
    Button: { defaultProps: { size: "sm" }, vars: () => ({ root: { "--button-height": "32px" } }) },
    Checkbox: { defaultProps: { size: "xs", iconColor: "var(--ks-on-accent)" } },
    Radio: { defaultProps: { size: "xs", iconColor: "var(--ks-on-accent)" } },
    Modal: { defaultProps: { radius: "lg", yOffset: "12vh", transitionProps: { duration: 120, transition: "fade" } } },
    // The placeholder takes the focus from the first entry, and is no entry itself.
    Menu: { defaultProps: { transitionProps: { duration: 120, transition: "fade" }, withInitialFocusPlaceholder: false } },
    Popover: { defaultProps: { transitionProps: { duration: 120, transition: "fade" }, radius: "md" } },
    // What scrolls is the list itself, which the keys walk; a frame around it would want the focus for itself.
    Select: {
      defaultProps: { comboboxProps: { transitionProps: { duration: 120, transition: "fade" } }, withScrollArea: false },
      styles: { options: { maxHeight: "13.75rem", overflowY: "auto" } },
    },
    Badge: { defaultProps: { radius: "xs", tt: "none", variant: "light" } },
  },
});

const tints = (pairs: Record<string, [string, string]>) =>
  Object.fromEntries(
    Object.entries(pairs).flatMap(([name, [background, ink]]) => [
      [`--mantine-color-${name}-light`, background],
      [`--mantine-color-${name}-light-color`, ink],
    ]),
  );

export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-text": "#191a18",
    "--mantine-color-dimmed": "#676765",
    "--mantine-color-placeholder": "#676765",
    "--mantine-color-default-border": "#dbdbd8",
    "--mantine-color-error": "#a51719",
    "--mantine-color-red-filled": "#a51719",
    ...tints({
      petrol: ["#e8f5f8", "#056476"],
      gray: ["#f4f5f2", "#4d4d4b"],
      green: ["#edfaf1", "#0a6b3e"],
      red: ["#fff3f1", "#a51719"],
      brass: ["#fdf5e7", "#745303"],
    }),
  },
  dark: {
    "--mantine-color-text": "#e7ecec",
    "--mantine-color-dimmed": "#949a99",
    "--mantine-color-placeholder": "#949a99",
    "--mantine-color-default-border": "#343a39",
    "--mantine-color-body": "#161a1a",
    "--mantine-color-error": "#fe9a8f",
    "--mantine-color-red-filled": "#c93531",
    "--mantine-color-petrol-filled-hover": "#8fcedf",
    ...tints({
      petrol: ["#122a30", "#66b7cb"],
      gray: ["#272c2b", "#bac0bf"],
      green: ["#12281c", "#70bd8e"],
      red: ["#331715", "#fe9a8f"],
      brass: ["#2b2312", "#e0bd7e"],
    }),
  },
});
