// Why an identity matters, in a sentence or three, made from what is known and from nothing else.

import type { Credential, Finding, Identity } from "../bindings";
import { DAY_MS, span } from "../format";
import { t } from "../locale/en";
import { credentialKind, identityKind, withArticle } from "./kinds";
import { byTenure, isShortLived, tenure } from "./tenure-line";

/** Disuse that is worth a sentence. */
const UNUSED_DAYS = 90;

function life(credential: Credential, now: number): string {
  const line = tenure(credential, now);
  if (line.spent) return t.why.life.spent;
  if (isShortLived(credential) && credential.created_at !== null && credential.expires_at !== null) {
    return t.why.life.shortLived(span(Date.parse(credential.expires_at) - Date.parse(credential.created_at)));
  }
  if (line.end === "never") return t.why.life.never;
  if (credential.expires_at !== null) return t.why.life.until(span(Date.parse(credential.expires_at) - now));
  return t.why.life.unknown;
}

function power(identity: Identity): string {
  const level = identity.privilege.level;
  const words = t.why.power[level];
  if (typeof words === "string") return words;
  return words(identity.privilege.paths.find((path) => path.state === "open")?.id ?? null);
}

/** Where copies lie: counted files of today, and history. */
function lies(identity: Identity, findings: readonly Finding[] | null): string | null {
  const secrets = (findings ?? []).filter((finding) => finding.category === "secret");
  const files = new Set(secrets.filter((finding) => finding.in_tree).map((finding) => `${finding.root}\n${finding.path}`)).size;
  const places: string[] = [];
  if (files > 0) places.push(t.why.files(files));
  if (secrets.some((finding) => finding.in_history)) places.push(t.why.history);
  if (places.length > 0) return t.why.lies(places);
  const copies = identity.credentials.reduce((sum, credential) => sum + credential.copies, 0);
  return copies > 0 ? t.why.lies([t.why.copies(copies)]) : null;
}

function owner(identity: Identity): string | null {
  if (identity.owner.state === "orphaned") return t.why.nobody;
  if (identity.owner.state === "unknown") return t.why.noOwner;
  return identity.owner.state === "contested" ? t.why.contested : null;
}

function unused(credential: Credential | undefined, now: number): string | null {
  if (credential?.last_used_at == null) return null;
  const idle = now - Date.parse(credential.last_used_at);
  return idle > UNUSED_DAYS * DAY_MS ? t.why.unused(span(idle)) : null;
}

/** The sentences; `findings` are null until they are loaded. */
export function whyItMatters(identity: Identity, findings: readonly Finding[] | null, now: number): string {
  const [worst] = byTenure(identity.credentials, now);
  const subject =
    worst === undefined
      ? t.why.noCredential(withArticle(identityKind(identity.kind)), power(identity))
      : t.why.subject(withArticle(credentialKind(worst.kind)), life(worst, now), power(identity));
  const where = lies(identity, findings);
  const users = identity.consumers.length;
  const use = users > 0 ? t.why.used(users) : null;
  const place = where !== null && use !== null ? t.why.and(where, use) : where !== null ? t.why.only(where) : use !== null ? t.why.only(use) : null;
  return [subject, place, unused(worst, now), owner(identity)].filter((part) => part !== null).join(" ");
}
