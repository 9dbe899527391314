import { copyFileSync } from "node:fs";
import { defineConfig } from "vite";

const out = "../kolcrawl/view/static";

// One script and one style, so that the offline file can carry both; names without hashes, so that they can be compared.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "kolcrawl", fileName: () => "app.js", cssFileName: "app" },
  },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [{ name: "page", closeBundle: () => copyFileSync("index.html", `${out}/index.html`) }],
});
