// Where an identity is at home, in one word for a narrow place.

import type { Identity } from "../bindings";
import { baseName } from "../format";

/** The repository of its first user, where a path shows one; else the scanned folder; null when nobody uses it. */
export function placeOf(identity: Identity): string | null {
  const [first] = identity.consumers;
  if (first === undefined) return null;
  const [before, after] = first.path.split("/.github/", 2);
  if (after !== undefined && before !== undefined) return baseName(before);
  return first.root === "" || first.root === "." ? null : baseName(first.root);
}
