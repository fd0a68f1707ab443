import { readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The shell's own content security policy, so that a browser test runs under exactly what ships. */
const shell = JSON.parse(readFileSync(new URL("../src-tauri/tauri.conf.json", import.meta.url), "utf8"));
const contentSecurityPolicy = Object.entries(shell.app.security.csp as Record<string, string>)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ");

/** The fonts are OFL-1.1: their licence travels with them. */
function fontLicences(): Plugin {
  return {
    name: "font-licences",
    generateBundle() {
      for (const font of ["@fontsource-variable/inter", "@fontsource/jetbrains-mono"]) {
        const source = readFileSync(new URL(`node_modules/${font}/LICENSE`, import.meta.url), "utf8");
        this.emitFile({ type: "asset", fileName: `licences/${font.split("/")[1]}-OFL.txt`, source });
      }
    },
  };
}

const CREDENTIAL_NAMES = "virtual:credential-names";

/** What people call each kind of credential, as the rules say it: said once, there. */
function credentialNames(): Plugin {
  return {
    name: "credential-names",
    resolveId: (id) => (id === CREDENTIAL_NAMES ? `\0${id}` : null),
    load(id) {
      if (id !== `\0${CREDENTIAL_NAMES}`) return null;
      const rules = readFileSync(new URL("../rules/credentials.toml", import.meta.url), "utf8");
      const names = [...rules.matchAll(/^\[(\w+)\]\nname = ("[^"]+")/gm)].map(([, kind, name]) => `${kind}: ${name}`);
      return `export default { ${names.join(", ")} };`;
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), fontLicences(), credentialNames()],
  build: {
    // light-dark() and container queries: what WebKitGTK 2.44+, WKWebView 17.5+ and WebView2 speak.
    target: ["safari17.5", "chrome123"],
    // A font or image inlined as data: would be refused by `font-src 'self'`.
    assetsInlineLimit: 0,
    outDir: mode === "mock" ? "node_modules/.mock" : "dist",
    emptyOutDir: true,
  },
  server: { port: 5173, strictPort: true },
  preview: { port: 4173, strictPort: true, headers: { "Content-Security-Policy": contentSecurityPolicy } },
  // Component tests need Svelte's browser build.
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test-setup.ts"],
    env: { TZ: "UTC" },
    testTimeout: 30_000,
  },
}));
