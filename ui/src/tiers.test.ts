// The walls inside the view: what may know what.

import { describe, expect, it } from "vitest";

const files = Object.entries(import.meta.glob<string>("./**/*.{ts,svelte}", { query: "?raw", import: "default", eager: true })).filter(
  ([path]) => !path.endsWith(".test.ts"),
);

const importsOf = (source: string): string[] => [...source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
const within = (folder: string) => files.filter(([path]) => path.startsWith(folder));

function offenders(folder: string, forbidden: RegExp): string[] {
  return within(folder).flatMap(([path, source]) => importsOf(source).filter((name) => forbidden.test(name)).map((name) => `${path} imports ${name}`));
}

describe("the tiers of components", () => {
  it("shared knows no noun of the product and no view", () => {
    expect(within("./lib/shared/").length).toBeGreaterThan(5);
    expect(offenders("./lib/shared/", /bindings|\/domain\/|\/views\/|ipc/)).toEqual([]);
  });

  it("domain knows no view and does not call the shell", () => {
    expect(within("./lib/domain/").length).toBeGreaterThan(5);
    expect(offenders("./lib/domain/", /\/views\/|state\/app|ipc"/)).toEqual([]);
  });

  it("only ipc.ts speaks to Tauri", () => {
    expect(files.filter(([path]) => path !== "./lib/ipc.ts").flatMap(([path, source]) => importsOf(source).filter((name) => name.startsWith("@tauri-apps")).map(() => path))).toEqual([]);
  });

  it("no component sets a style attribute, which the content security policy would refuse", () => {
    expect(files.filter(([path, source]) => path.endsWith(".svelte") && /\sstyle=/.test(source)).map(([path]) => path)).toEqual([]);
  });

  it("no list of reported data is keyed by its content: the same line twice would stop the view", () => {
    const keyed = files.flatMap(([path, source]) => [...source.matchAll(/\{#each ([^}]+) \(([^)]*(?:`|\.id|\.path|because|reason|item)[^)]*)\)\}/g)].map((match) => `${path}: ${match[0]}`));
    expect(keyed.filter((line) => !/item\.index|item\.view|factor\.id/.test(line))).toEqual([]);
  });

  it("nothing renders text as markup", () => {
    expect(files.filter(([, source]) => /\{@html|innerHTML|insertAdjacentHTML/.test(source)).map(([path]) => path)).toEqual([]);
  });
});
