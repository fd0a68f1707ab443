import { describe, expect, it } from "vitest";
import { gate, readiness, type Judged } from "../mock/build";
import { cap, lowestGate, segments } from "./readiness-strip";

const REST = { band: "after_prerequisites", pattern: "none", next_action: "" } as const;
const judged = (...values: (number | null)[]): Judged[] => values.map((value) => [value]);
const TEN = judged(1, 0.5, 0.75, 1, null, 0, 0.25, null, 1, 0.5);

describe("the readiness strip", () => {
  it("has a segment per factor, as wide as its weight, without gaps or overlap", () => {
    const parts = segments(readiness(TEN, [], REST).factors);
    expect(parts).toHaveLength(10);
    const weights = parts.map((part) => part.factor.weight);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(100);
    let x = 0;
    for (const part of parts) {
      expect(part.x).toBeCloseTo(x);
      expect(part.width).toBeCloseTo(part.factor.weight / 100);
      x += part.width;
    }
    expect(x).toBeCloseTo(1);
  });

  it("fills a segment to its value", () => {
    expect(segments(readiness(TEN, [], REST).factors).map((part) => part.fill)).toEqual([1, 0.5, 0.75, 1, null, 0, 0.25, null, 1, 0.5]);
  });

  it("keeps unknown apart from zero", () => {
    const parts = segments(readiness(TEN, [], REST).factors);
    expect(parts[4]?.fill).toBeNull();
    expect(parts[5]?.fill).toBe(0);
  });

  it("draws nothing where nothing was assessed", () => {
    expect(segments([])).toEqual([]);
  });
});

describe("the cap", () => {
  it("stands at the lowest gate, whatever their order", () => {
    const gates = [gate("G-OWNER", 59, "", ""), gate("G-PAPER", 39, "", ""), gate("G-VENDOR", 74, "", "")];
    expect(lowestGate(gates)?.id).toBe("G-PAPER");
    expect(cap({ gates })).toBeCloseTo(0.39);
  });

  it("is absent without gates, and where a gate takes no points away", () => {
    expect(cap({ gates: [] })).toBeNull();
    expect(cap({ gates: [gate("G-BREAKGLASS", 100, "", "")] })).toBeNull();
  });
});
