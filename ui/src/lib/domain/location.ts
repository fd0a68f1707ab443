// Where to look first: the place that "copy location" copies. Never a value.

import type { Finding, Identity } from "../bindings";

export function locationOf(identity: Identity, findings: readonly Finding[]): string | null {
  const [finding] = findings;
  if (finding !== undefined) return `${finding.path}:${finding.start_line}`;
  const [consumer] = identity.consumers;
  if (consumer !== undefined) return `${consumer.path}:${consumer.line}`;
  return identity.native_id;
}
