// The colours that are used together can be told apart: 4.5:1 for text, 3:1 for glyphs, in both themes.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Theme = "light" | "dark";

const css = readFileSync("src/styles/tokens.css", "utf8");
const colours = new Map<string, Record<Theme, string>>();
for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)) {
  if (name && light && dark) colours.set(name, { light, dark });
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ["bg", "panel", "sunken", "hover", "select"];
const TEXT: [ink: string, on: string[]][] = [
  ["ink", [...SURFACES, "accent-bg", "ok-bg", "critical-bg"]],
  ["ink-2", SURFACES],
  ["ink-3", ["bg", "panel", "sunken"]],
  ["accent", ["accent-bg", "panel"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["bg", ["ink"]],
  ...["critical", "high", "medium", "low", "ok"].map((tone): [string, string[]] => [tone, [...SURFACES, `${tone}-bg`]]),
];
const GLYPHS: [mark: string, on: string[]][] = [
  ["control-line", ["bg", "panel"]],
  ["hatch", ["panel"]],
  ["accent", [...SURFACES, "track"]],
  ["critical", ["track"]],
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  const colour = (name: string): string => {
    const found = colours.get(name);
    if (found === undefined) throw new Error(`tokens.css has no colour ${name}`);
    return found[theme];
  };

  it.each(TEXT.flatMap(([ink, on]) => on.map((surface) => [ink, surface])))("%s can be read on %s", (ink, surface) => {
    expect(contrast(colour(ink as string), colour(surface as string))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(GLYPHS.flatMap(([mark, on]) => on.map((surface) => [mark, surface])))("%s can be seen on %s", (mark, surface) => {
    expect(contrast(colour(mark as string), colour(surface as string))).toBeGreaterThanOrEqual(3);
  });
});
