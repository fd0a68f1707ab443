// The text form of a tenure line.

import type { Credential } from "../bindings";
import { relative, span } from "../format";
import { t } from "../locale/en";
import { credentialKind } from "./kinds";
import { isShortLived } from "./tenure-line";

function end(credential: Credential, now: number): string {
  if (credential.expires_at !== null) {
    const past = Date.parse(credential.expires_at) <= now;
    return (past ? t.tenure.expired : t.tenure.expires)(relative(credential.expires_at, now));
  }
  return credential.never_expires ? t.tenure.never : t.tenure.endUnknown;
}

function use(credential: Credential, now: number): string {
  if (credential.last_used_at !== null) return t.tenure.lastUsed(relative(credential.last_used_at, now));
  return credential.never_used ? t.tenure.neverUsed : t.tenure.useUnknown;
}

/** `created 4 years ago, never expires, last used 3 days ago` */
export function tenureWords(credential: Credential, now: number): string {
  const begin = credential.created_at === null ? t.tenure.createdUnknown : t.tenure.created(relative(credential.created_at, now));
  if (isShortLived(credential) && credential.created_at !== null && credential.expires_at !== null) {
    return [t.tenure.lives(span(Date.parse(credential.expires_at) - Date.parse(credential.created_at))), use(credential, now)].join(", ");
  }
  return [begin, end(credential, now), use(credential, now)].join(", ");
}

/** The same with what it is and whether it still opens anything, for a screen reader. */
export function tenureLabel(credential: Credential, now: number): string {
  return `${credentialKind(credential.kind)}: ${tenureWords(credential, now)}, ${t.tenure.states[credential.state]}`;
}
