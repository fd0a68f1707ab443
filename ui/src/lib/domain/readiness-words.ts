// The text form of a readiness strip.

import type { Readiness } from "../bindings";
import { integer } from "../format";
import { t } from "../locale/en";
import { lowestGate } from "./readiness-strip";

/** `Readiness 39 of 100, at best 84, capped at 39 by G-PAPER, unknown: Owner, Logging` */
export function readinessLabel(readiness: Readiness): string {
  const gate = lowestGate(readiness.gates);
  const unknown = readiness.factors.filter((factor) => factor.value === null).map((factor) => factor.name || factor.id);
  return [
    t.readiness.score(readiness.score),
    t.readiness.atBest(integer(Math.floor(readiness.ceiling))),
    gate === null ? null : t.readiness.cappedBy(gate.cap, gate.id),
    unknown.length === 0 ? null : t.readiness.unknown(unknown),
  ]
    .filter((part) => part !== null)
    .join(", ");
}
