// Short ways to write realistic nouns for the mock.

import type {
  Consumer,
  Credential,
  Factor,
  Finding,
  Gate,
  Identity,
  OwnerClaim,
  OwnerState,
  Privilege,
  Readiness,
  RiskBand,
  RiskParts,
} from "../bindings";

const FACTORS: [name: string, weight: number][] = [
  ["bounded task", 10],
  ["predictable start and finish", 8],
  ["named owner", 10],
  ["workload identity available", 14],
  ["narrow privilege", 10],
  ["short-lived equivalent at the target", 12],
  ["expiry and revocation enforceable", 14],
  ["issue, use and revocation logged", 8],
  ["copies under control", 8],
  ["single consumer", 6],
];

/** A value and why; null = unknown. */
export type Judged = [value: number | null, ...evidence: string[]];

export function readiness(judged: Judged[], gates: Gate[], rest: Pick<Readiness, "band" | "pattern" | "next_action">): Readiness {
  const factors: Factor[] = FACTORS.map(([name, weight], index) => {
    const [value, ...evidence] = judged[index] ?? [null];
    return { id: `F${index + 1}`, name, value, weight, points: weight * (value ?? 0), quality: value === null ? 0 : 0.7, evidence };
  });
  const points = factors.reduce((sum, factor) => sum + factor.points, 0);
  const open = factors.reduce((sum, factor) => sum + (factor.value === null ? factor.weight : 0), 0);
  const caps = gates.map((gate) => gate.cap);
  return {
    score: Math.floor(Math.min(points, ...caps)),
    ceiling: points + open,
    confidence: factors.reduce((sum, factor) => sum + factor.weight * factor.quality, 0) / 100,
    model_version: "1",
    factors,
    gates: [...gates].sort((a, b) => a.cap - b.cap),
    ...rest,
  };
}

export const gate = (id: string, cap: number, because: string, action: string): Gate => ({ id, cap, because, action });

export function owner(state: OwnerState, name: string | null, ...basis: OwnerClaim[]) {
  return { state, name, confidence: basis[0]?.confidence ?? 0, basis };
}

export function claim(source: string, path: string, line: number | null, value: string, confidence: number, inactive = false): OwnerClaim {
  return { source, path, line, value, confidence, inactive };
}

export function credential(kind: string, rest: Partial<Credential>): Credential {
  return {
    kind,
    fingerprint: null,
    masked: null,
    created_at: null,
    expires_at: null,
    never_expires: false,
    last_used_at: null,
    never_used: false,
    last_rotated_at: null,
    state: "active",
    copies: 1,
    ...rest,
  };
}

export function job(root: string, path: string, line: number, name: string, rest: Partial<Consumer>): Consumer {
  return {
    kind: "ci_job",
    root,
    path,
    line,
    job: name,
    environment: null,
    secret_name: null,
    exposure: "with",
    triggers: [],
    runs_per_day: null,
    timeout_minutes: null,
    runner: "hosted",
    action: null,
    approval: false,
    token_permissions: null,
    federation: null,
    federation_how: null,
    called_by: [],
    ...rest,
  };
}

export const privilege = (level: Privilege["level"], admin: Privilege["admin"], because: string[], paths: Privilege["paths"] = []): Privilege => ({
  level,
  admin,
  paths,
  because,
});

function band(score: number): RiskBand {
  if (score >= 75) return "critical";
  if (score >= 50) return "high";
  return score >= 25 ? "medium" : "low";
}

export function risk(parts: RiskParts, because: string[]) {
  const score = Math.min(100, parts.exposure + parts.life + parts.privilege + parts.spread + parts.orphan);
  return { score, band: band(score), parts, because };
}

let made = 0;

/** An id of the shape that the inventory gives. */
function nextId(): string {
  made += 1;
  return `i_${(0x5e1f0000 + made * 7919).toString(16)}`;
}

export type Sketch = Partial<Identity> & Pick<Identity, "kind" | "name" | "provider" | "owner" | "credentials" | "privilege" | "risk" | "readiness">;

export function identity(sketch: Sketch): Identity {
  return {
    id: nextId(),
    native_id: null,
    purpose: null,
    archetype: "ci_job",
    grants: [],
    consumers: [],
    first_seen_at: "2026-11-02T08:12:00Z",
    gone_at: null,
    ...sketch,
  };
}

export function finding(identityId: string | null, rest: Partial<Finding> & Pick<Finding, "title" | "severity" | "path" | "start_line">): Finding {
  made += 1;
  return {
    id: `f_${(0xa0000000 + made * 104729).toString(16)}`,
    rule_id: "mock",
    category: "secret",
    confidence: "high",
    root: "/srv/acme/payments",
    end_line: rest.start_line,
    start_column: 1,
    end_column: 40,
    commit: null,
    author: null,
    committed_at: null,
    in_tree: true,
    in_history: false,
    fate: "work_tree",
    also_at: [],
    masked: null,
    fingerprint: null,
    identity_id: identityId,
    suppressed: null,
    controls: [],
    reasons: [],
    ...rest,
  };
}
