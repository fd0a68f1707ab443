// The pictures of the documents, made from the mock so that anybody can make them again.

import { test } from "@playwright/test";
import { open } from "./page";

const FOLDER = "../docs/screenshots";

for (const scheme of ["light", "dark"] as const) {
  test(`identities, ${scheme}`, async ({ page }) => {
    await open(page, { hash: "#/identities", scheme });
    await page.getByText("Why it matters").waitFor();
    await page.getByText("The checksum of the key id is right.").waitFor();
    await page.screenshot({ path: `${FOLDER}/identities-${scheme}.png` });
  });

  test(`identity page, ${scheme}`, async ({ page }) => {
    await open(page, { hash: "#/identities", scheme });
    await page.getByRole("button", { name: "Open page" }).click();
    await page.getByText("role-duration-seconds").waitFor();
    await page.screenshot({ path: `${FOLDER}/identity-${scheme}.png` });
  });

  test(`a scan under way, ${scheme}`, async ({ page }) => {
    await open(page, { hash: "#/scan", query: "?inventory=empty&pace=80", scheme });
    await page.getByRole("button", { name: "Choose folder" }).click();
    await page.getByRole("button", { name: "Scan", exact: true }).click();
    await page.getByText("Service account key file").waitFor();
    await page.screenshot({ path: `${FOLDER}/scan-${scheme}.png` });
  });

  test(`nothing scanned yet, ${scheme}`, async ({ page }) => {
    await open(page, { query: "?inventory=empty", scheme });
    await page.getByRole("button", { name: "Open demo data" }).waitFor();
    await page.screenshot({ path: `${FOLDER}/empty-${scheme}.png` });
  });
}
