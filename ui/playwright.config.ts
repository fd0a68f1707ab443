import { defineConfig } from "@playwright/test";

// The page as it is built, in a real browser, against the mock; under the shell's own content security policy.
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 1,
  timeout: 120_000,
  reporter: "list",
  // The pictures of the documents are made on request: `npm run screenshots`.
  projects: [
    { name: "use", testIgnore: "screenshots.spec.ts" },
    { name: "screenshots", testMatch: "screenshots.spec.ts" },
  ],
  use: {
    baseURL: "http://localhost:4173",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    launchOptions: {
      // The system's own browser: nothing is downloaded. As root it has no sandbox of its own.
      executablePath: process.env["TENURE_CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
  webServer: {
    command: "npx vite build --mode mock && npx vite preview --mode mock --outDir node_modules/.mock",
    url: "http://localhost:4173",
    reuseExistingServer: false,
    timeout: 120_000,
  },
});
