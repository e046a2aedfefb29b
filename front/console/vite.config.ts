// Builds the console: one page, whose files are all given by the server that it asks.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/console/",
  plugins: [react()],
  build: {
    target: "es2022",
    outDir: here("../../src/tailorbird/server/built/console"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page may load nothing that stands in itself
    chunkSizeWarningLimit: 1_000,
  },
});
