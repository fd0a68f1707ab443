// Where the tenure line of one credential begins, ends and was last used, on an axis that is the same in
// every row and every view.

import type { Credential } from "../bindings";
import { DAY_MS } from "../format";

/**
 * The shared axis: ten years back, four years ahead, stretched near now. It is logarithmic on both sides,
 * because 30 days against 60 matters more than nine years against ten.
 */
export const AXIS = { pastDays: 3650, futureDays: 1460, softDays: 30, now: 0.72 } as const;

/** Access that lives no longer than this is drawn as ticks: it does not stand. */
export const SHORT_LIVED_MS = DAY_MS;

/** Marks of the axis in days from now, and the width in pixels from which there is room for each. */
export const AXIS_MARKS = [
  { day: -1826, from: 0 },
  { day: -365, from: 0 },
  { day: -30, from: 240 },
  { day: 0, from: 0 },
  { day: 365, from: 160 },
] as const;

/** What is known of the beginning. */
export type Begin = "known" | "beyond" | "unknown";

/** How it ends: at a stop ahead, at a stop behind us, nowhere, or nobody knows. */
export type End = "stop" | "ended" | "never" | "unknown";

/** The shape of one tenure line; every position is a share of the width, 0 to 1. */
export interface Tenure {
  begin: Begin;
  from: number;
  end: End;
  to: number;
  lastUse: number | null;
  /** Positions of the ticks of short-lived access; empty for a standing credential. */
  ticks: number[];
  /** Disabled or expired: it no longer opens anything. */
  spent: boolean;
}

const stretch = (days: number): number => Math.log1p(days / AXIS.softDays);

/** The place of a day on the axis, counted from now; what lies beyond an edge stays on it. */
export function position(daysFromNow: number): number {
  if (daysFromNow <= 0) {
    const share = stretch(-daysFromNow) / stretch(AXIS.pastDays);
    return Math.max(0, AXIS.now * (1 - share));
  }
  const share = stretch(daysFromNow) / stretch(AXIS.futureDays);
  return Math.min(1, AXIS.now + (1 - AXIS.now) * share);
}

const daysFrom = (instant: string, now: number): number => (Date.parse(instant) - now) / DAY_MS;

/** Whether the credential's whole life fits into a day. */
export function isShortLived(credential: Credential): boolean {
  if (credential.created_at === null || credential.expires_at === null) return false;
  return Date.parse(credential.expires_at) - Date.parse(credential.created_at) <= SHORT_LIVED_MS;
}

/** Nine marks in the month before now: access that comes and goes. */
const TICKS = Array.from({ length: 9 }, (_, index) => AXIS.now - 0.045 * (8 - index));

/** The shape of one credential's line. */
export function tenure(credential: Credential, now: number): Tenure {
  const lastUse = credential.last_used_at === null ? null : position(daysFrom(credential.last_used_at, now));
  const spent = credential.state === "inactive" || credential.state === "expired";
  if (isShortLived(credential)) {
    return { begin: "known", from: TICKS[0] ?? 0, end: "stop", to: AXIS.now, lastUse, ticks: TICKS, spent };
  }
  const age = credential.created_at === null ? null : -daysFrom(credential.created_at, now);
  const begin: Begin = age === null ? "unknown" : age > AXIS.pastDays ? "beyond" : "known";
  const from = age === null ? 0 : position(-age);
  if (credential.expires_at !== null) {
    const days = daysFrom(credential.expires_at, now);
    return { begin, from, end: days <= 0 ? "ended" : "stop", to: position(days), lastUse, ticks: [], spent: spent || days <= 0 };
  }
  const end: End = credential.never_expires ? "never" : "unknown";
  return { begin, from, end, to: 1, lastUse, ticks: [], spent };
}

const LENGTH_OF_END: Record<End, number> = { never: 3, unknown: 2, stop: 1, ended: 0 };

/** Credentials in the order that a row shows them: what still opens something first, the longest end first. */
export function byTenure(credentials: readonly Credential[], now: number): Credential[] {
  const rank = (credential: Credential): number => {
    const line = tenure(credential, now);
    return (line.spent ? 0 : 10) + LENGTH_OF_END[line.end];
  };
  return [...credentials].sort((a, b) => rank(b) - rank(a));
}
