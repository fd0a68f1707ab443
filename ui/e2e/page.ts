// What the browser tests share: opening the page on a chosen day, and asking axe about it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";

/** The day of the mock's data. */
export const TODAY = new Date("2026-11-22T09:41:00Z");

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Opened {
  hash?: string;
  query?: string;
  scheme?: "light" | "dark";
}

/** Opens the page; anything that the content security policy refuses, and any error, fails the test. */
export async function open(page: Page, { hash = "", query = "", scheme = "light" }: Opened = {}): Promise<void> {
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  (page as Page & { troubles?: string[] }).troubles = troubles;
  await page.clock.setFixedTime(TODAY);
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await page.goto(`/${query}${hash}`);
  await page.getByRole("main").waitFor();
  await page.evaluate(() => document.fonts.ready);
}

/** No error and no refused resource since the page was opened. */
export function expectCalm(page: Page): void {
  expect((page as Page & { troubles?: string[] }).troubles ?? []).toEqual([]);
}

interface Violation {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Every violation that axe finds in the page as it is now, in words. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated through the debugging protocol, which the page's own policy does not reach.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run()).violations;
  });
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} at ${node.target.join(" ")}\n${node.failureSummary}`));
}
