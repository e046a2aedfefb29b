// Colours and sizes. Text that is held back stays dark enough to be read by everybody.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const bird: MantineColorsTuple = [
  "#e6f7f4",
  "#cdebe6",
  "#9dd6cd",
  "#69c0b3",
  "#3fae9d",
  "#249f8e",
  "#12877a",
  "#0b6e63",
  "#085a52",
  "#044740",
];

export const theme = createTheme({
  colors: { bird },
  primaryColor: "bird",
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily:
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
});

export const variables: CSSVariablesResolver = (made) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": made.colors.gray[7],
    "--mantine-color-placeholder": made.colors.gray[6],
    "--mantine-color-body": "#fbfbfa",
    "--tb-surface": "#ffffff",
    "--tb-accepted": "#0b6e63",
    "--tb-duplicate": "#6b7280",
    "--tb-rejected": "#b42318",
    "--tb-warning": "#8a5a00",
    "--tb-fresh": "#e6f7f4",
  },
  dark: {
    "--mantine-color-dimmed": made.colors.dark[1],
    "--mantine-color-placeholder": made.colors.dark[2],
    "--tb-surface": made.colors.dark[6],
    "--tb-accepted": "#5fd3c0",
    "--tb-duplicate": "#a6acb5",
    "--tb-rejected": "#ff9b91",
    "--tb-warning": "#ffce73",
    "--tb-fresh": "#12403a",
  },
});
