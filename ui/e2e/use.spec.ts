// What only a real browser shows: layout, scrolling, focus, and that the policy of the shell holds.

import { expect, test } from "@playwright/test";
import { expectCalm, open } from "./page";

test("a hundred thousand identities scroll to the last one, with few rows in the document", async ({ page }) => {
  await open(page, { hash: "#/identities", query: "?rows=100000" });
  await page.getByText("1 of 100,000").waitFor();
  await page.locator("[data-index='0']").focus();
  await page.keyboard.press("End");
  await page.getByText("100,000 of 100,000").waitFor();
  await expect(page.locator("[data-index='99999']")).toBeFocused();
  expect(await page.locator("[role=row]").count()).toBeLessThan(60);
  expectCalm(page);
});

test("the focused row keeps its focus while it is scrolled away", async ({ page }) => {
  await open(page, { hash: "#/identities", query: "?rows=1000" });
  await page.getByText("1 of 1,000").waitFor();
  await page.locator("[data-index='0']").focus();
  await page.locator("[data-index='5']").hover();
  await page.mouse.wheel(0, 20_000);
  await expect(page.locator("[data-index='505']")).toBeVisible();
  await expect(page.locator("[data-index='0']")).toBeFocused();
});

test("the pane is resized by drag and by key, and keeps its width", async ({ page }) => {
  await open(page, { hash: "#/identities" });
  const handle = page.getByRole("separator", { name: "Width of the detail pane" });
  await expect(handle).toHaveAttribute("aria-valuenow", "404");
  await handle.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(handle).toHaveAttribute("aria-valuenow", "420");
  const box = await handle.boundingBox();
  if (box === null) throw new Error("the handle is drawn");
  await page.mouse.move(box.x, 400);
  await page.mouse.down();
  await page.mouse.move(box.x - 60, 400);
  await page.mouse.up();
  await expect(handle).toHaveAttribute("aria-valuenow", "480");
  await page.reload();
  await expect(handle).toHaveAttribute("aria-valuenow", "480");
});

for (const width of [960, 1120, 1280, 1440, 1920]) {
  test(`nothing is cut off at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 760 });
    await open(page, { hash: "#/identities" });
    await page.locator("[data-index='3']").waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBe(0);
    // Glyphs and pills stay inside their cells; words may end in an ellipsis.
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll(".body .cell")].flatMap((cell) => {
        const right = cell.getBoundingClientRect().right;
        return [...cell.children].filter((child) => child.getBoundingClientRect().right > right + 1).map((child) => child.outerHTML.slice(0, 80));
      }),
    );
    expect(outside).toEqual([]);
  });
}

test("the policy of the shell refuses a script, a style and a connection that are not ours", async ({ page }) => {
  await open(page, { hash: "#/scan" });
  const refused = await page.evaluate(async () => {
    const seen: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "globalThis.broken = true";
    document.body.append(script);
    const style = document.createElement("style");
    style.textContent = "body { display: none }";
    document.body.append(style);
    await fetch("https://example.org/").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { seen, broken: "broken" in globalThis };
  });
  expect(refused.broken).toBe(false);
  expect(refused.seen.sort()).toEqual(["connect-src", "script-src-elem", "style-src-elem"]);
});

test("the theme follows the choice, and the choice is kept", async ({ page }) => {
  await open(page, { hash: "#/scan", scheme: "light" });
  // The key is heard when the view is up, and the colour may take a frame: each is waited for, and none is taken as read.
  const body = page.locator("body");
  await expect(body).toHaveCSS("background-color", "rgb(246, 247, 249)");
  await page.keyboard.press("t");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.keyboard.press("t");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(body).toHaveCSS("background-color", "rgb(15, 18, 22)");
  await page.reload();
  await expect(body).toHaveCSS("background-color", "rgb(15, 18, 22)");
});
