// axe finds nothing to object to, on every view, in light, dark and forced colours.

import { expect, test } from "@playwright/test";
import { expectCalm, open, violations } from "./page";

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test("nothing scanned yet", async ({ page }) => {
      await open(page, { query: "?inventory=empty", scheme });
      await page.getByRole("button", { name: "Open demo data" }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("link", { name: "Identities" }).click();
      await page.getByText("No machine identity was found.").waitFor();
      expect(await violations(page)).toEqual([]);
      expectCalm(page);
    });

    test("a scan: ready, under way, ended", async ({ page }) => {
      await open(page, { hash: "#/scan", query: "?inventory=empty&pace=60", scheme });
      await page.getByRole("button", { name: "Choose folder" }).click();
      await page.getByText("Ready to scan").waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Scan", exact: true }).click();
      await page.getByText("Database password in an environment file").waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByText("Incomplete").waitFor();
      expect(await violations(page)).toEqual([]);
      expectCalm(page);
    });

    test("identities, with every pane", async ({ page }) => {
      await open(page, { hash: "#/identities", scheme });
      for (let index = 1; index <= 12; index += 1) {
        await page.getByText(`${index} of 12`, { exact: true }).waitFor();
        await expect(page.getByText("Loading the evidence…")).toHaveCount(0);
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press("j");
      }
      expectCalm(page);
    });

    test("an identity's page", async ({ page }) => {
      await open(page, { hash: "#/identities", scheme });
      await page.getByRole("button", { name: "Open page" }).click();
      await page.getByText("role-duration-seconds").waitFor();
      expect(await violations(page)).toEqual([]);
      expectCalm(page);
    });

    test("the dialogs", async ({ page }) => {
      await open(page, { hash: "#/identities", scheme });
      await page.getByRole("button", { name: "3 inputs not read" }).click();
      await page.getByText("The file may not be opened by this user.").waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      expect(await violations(page)).toEqual([]);
      expectCalm(page);
    });
  });
}

test("forced colours", async ({ page }) => {
  await open(page, { hash: "#/identities" });
  await page.emulateMedia({ forcedColors: "active" });
  await page.getByText("The checksum of the key id is right.").waitFor();
  expect(await violations(page)).toEqual([]);
});
