// Builds tailorbird.js, which pages load as a plain script, and its chunks, which it loads when used.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const PART = /import\([`"'](\.\/[^`"']+)[`"']\)/g;

// A plain script shares its names with the page: the entry is put into a function of its own. A chunk
// that imported the entry would run it twice, so each has to stand alone. Browsers do not
// let a plain script of another host say its address in an import, so that is put in front.
function plainScript(): Plugin {
  return {
    name: "plain-script",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        if (chunk.imports.length > 0) {
          this.error(`${chunk.fileName} imports ${chunk.imports}: give it what it needs instead`);
        }
        if (!chunk.isEntry) continue;
        if (/\bexport\b\s*\{/.test(chunk.code)) this.error("a plain script exports nothing");
        const code = chunk.code.trim().replace(PART, "import(new URL(`$1`,$from))");
        if (/import\([^n]/.test(code)) this.error("a chunk is loaded in a way not known here");
        chunk.code = `(()=>{const $from=(document.currentScript||location).src||location.href;${code}})();\n`;
      }
    },
  };
}

// The template of the tag manager is given from the same place.
function template(): Plugin {
  return {
    name: "template",
    generateBundle() {
      const source = readFileSync(here("../gtm/tailorbird.tpl"), "utf8");
      this.emitFile({ type: "asset", fileName: "tailorbird/tailorbird.tpl", source });
    },
  };
}

export default defineConfig({
  root: here("."),
  plugins: [plainScript(), template()],
  build: {
    target: "es2022",
    outDir: here("../../src/tailorbird/server/built"),
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: here("source/tailorbird.ts"), formats: ["es"], fileName: () => "tailorbird.js" },
    rolldownOptions: {
      output: { minify: true, chunkFileNames: "tailorbird/[name]-[hash].js" },
    },
  },
});
