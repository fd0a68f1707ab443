import { describe, expect, it } from "vitest";
import { absolute, baseName, bytes, compact, duration, integer, relative, span } from "./format";

const NOW = Date.parse("2026-11-22T09:41:00Z");

describe("numbers", () => {
  it("are grouped", () => expect(integer(1284)).toBe("1,284"));
  it("are exact while they are small, and short when they are large", () => {
    expect(compact(8760)).toBe("8,760");
    expect(compact(105_120)).toBe("105K");
    expect(compact(3_650_000)).toBe("3.65M");
  });
});

describe("sizes", () => {
  it("count in thousands", () => {
    expect(bytes(0)).toBe("0 bytes");
    expect(bytes(999)).toBe("999 bytes");
    expect(bytes(1_234_567)).toBe("1.2 MB");
    expect(bytes(412_000_000_000)).toBe("412 GB");
  });
});

describe("times", () => {
  it.each([
    ["2026-11-22T09:40:40Z", "now"],
    ["2026-11-22T09:27:00Z", "14 minutes ago"],
    ["2026-11-21T22:10:00Z", "11 hours ago"],
    ["2026-11-16T15:42:00Z", "5 days ago"],
    ["2026-05-20T00:00:00Z", "6 months ago"],
    ["2022-03-14T10:02:00Z", "4 years ago"],
    ["2027-02-26T10:00:00Z", "in 3 months"],
  ])("%s is %s", (instant, words) => expect(relative(instant, NOW)).toBe(words));

  it("are absolute on request", () => expect(absolute("2026-11-22T09:41:03Z")).toBe("22 November 2026 at 09:41:03 UTC"));
  it("that nobody can read are shown as they came", () => expect(relative("some day", NOW)).toBe("some day"));
  it("have lengths", () => {
    expect(span(15 * 60_000)).toBe("15 minutes");
    expect(duration(2_400)).toBe("2.4s");
    expect(duration(72_000)).toBe("1m 12s");
  });
});

describe("paths", () => {
  it.each([
    ["/srv/acme/payments/", "payments"],
    ["C:\\acme\\payments", "payments"],
    [".", "."],
  ])("%s ends in %s", (path, name) => expect(baseName(path)).toBe(name));
});
