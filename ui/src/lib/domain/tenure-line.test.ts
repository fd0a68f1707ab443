import { describe, expect, it } from "vitest";
import type { Credential } from "../bindings";
import { credential } from "../mock/build";
import { AXIS, byTenure, isShortLived, position, tenure } from "./tenure-line";

const NOW = Date.parse("2026-11-22T09:41:00Z");
const days = (count: number): string => new Date(NOW + count * 86_400_000).toISOString();
const key = (rest: Partial<Credential>) => credential("aws_access_key", rest);

describe("the axis that all tenure lines share", () => {
  it("has now at its fixed place and both edges at its ends", () => {
    expect(position(0)).toBe(AXIS.now);
    expect(position(-AXIS.pastDays)).toBeCloseTo(0);
    expect(position(AXIS.futureDays)).toBeCloseTo(1);
  });

  it("keeps order: an older day is never right of a younger one", () => {
    const places = [-5000, -3650, -1826, -365, -30, -1, 0, 1, 30, 365, 1460, 9000].map(position);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBe(0);
    expect(Math.max(...places)).toBe(1);
  });

  it("gives the last month more room than a month five years ago", () => {
    expect(position(0) - position(-30)).toBeGreaterThan(10 * (position(-1800) - position(-1830)));
  });
});

describe("a tenure line", () => {
  it("of a key that never expires begins at its creation and has no end", () => {
    const line = tenure(key({ created_at: days(-365), never_expires: true }), NOW);
    expect(line).toMatchObject({ begin: "known", from: position(-365), end: "never", to: 1, ticks: [], spent: false });
  });

  it("ends with a stop at the expiry", () => {
    const line = tenure(key({ created_at: days(-10), expires_at: days(90) }), NOW);
    expect(line).toMatchObject({ end: "stop", to: position(90) });
  });

  it("of an expired key ends before now, and is spent even when nobody said so", () => {
    const line = tenure(key({ created_at: days(-400), expires_at: days(-30), state: "unknown" }), NOW);
    expect(line.end).toBe("ended");
    expect(line.to).toBeLessThan(AXIS.now);
    expect(line.spent).toBe(true);
  });

  it("does not read a missing expiry as no expiry", () => {
    expect(tenure(key({ created_at: days(-10) }), NOW).end).toBe("unknown");
  });

  it("does not read a missing creation as new", () => {
    expect(tenure(key({ never_expires: true }), NOW)).toMatchObject({ begin: "unknown", from: 0 });
  });

  it("marks a beginning before the edge of the axis", () => {
    expect(tenure(key({ created_at: days(-5000) }), NOW)).toMatchObject({ begin: "beyond", from: 0 });
  });

  it("has a ring only where a last use is known", () => {
    expect(tenure(key({ last_used_at: days(-3) }), NOW).lastUse).toBe(position(-3));
    expect(tenure(key({ never_used: true }), NOW).lastUse).toBeNull();
  });

  it("of access that lives minutes is a row of ticks that ends now", () => {
    const session = key({ created_at: days(-0.01), expires_at: days(0) });
    expect(isShortLived(session)).toBe(true);
    const { ticks } = tenure(session, NOW);
    expect(ticks.length).toBeGreaterThan(5);
    expect(ticks.at(-1)).toBeCloseTo(AXIS.now);
  });
});

describe("the lines of a row", () => {
  it("begin with what still opens something and has no end", () => {
    const never = key({ never_expires: true });
    const disabled = key({ never_expires: true, state: "inactive" });
    const ending = key({ expires_at: days(9) });
    expect(byTenure([disabled, ending, never], NOW)).toEqual([never, ending, disabled]);
  });
});
