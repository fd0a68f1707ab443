// The ten segments of the readiness strip: widths are the weights, fill is the value, a missing value is
// hatched, and the lowest gate is a stroke at its cap.

import type { Factor, Gate, Readiness } from "../bindings";

/** One factor on the strip; `x` and `width` are shares of the whole width, 0 to 1. */
export interface Segment {
  factor: Factor;
  x: number;
  width: number;
  /** 0 to 1; null = unknown, drawn as hatching. */
  fill: number | null;
}

/** Segments in the order of the factors. */
export function segments(factors: readonly Factor[]): Segment[] {
  const total = factors.reduce((sum, factor) => sum + factor.weight, 0);
  let before = 0;
  return factors.map((factor) => {
    const x = total === 0 ? 0 : before / total;
    before += factor.weight;
    const fill = factor.value === null ? null : Math.min(1, Math.max(0, factor.value));
    return { factor, x, width: total === 0 ? 0 : factor.weight / total, fill };
  });
}

/** The gate that decides: the one with the lowest cap. */
export function lowestGate(gates: readonly Gate[]): Gate | null {
  return gates.reduce<Gate | null>((lowest, gate) => (lowest === null || gate.cap < lowest.cap ? gate : lowest), null);
}

/** Where the cap stands on the strip, 0 to 1; null when no gate takes points away. */
export function cap(readiness: Pick<Readiness, "gates">): number | null {
  const gate = lowestGate(readiness.gates);
  return gate === null || gate.cap >= 100 ? null : Math.max(0, gate.cap / 100);
}
