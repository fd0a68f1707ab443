// Numbers, sizes and times as text. The clock is an argument, so a test can choose the day.

import { locale } from "./locale/en";

const integerFormat = new Intl.NumberFormat(locale);
const compactFormat = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 });
const decimalFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const percentFormat = new Intl.NumberFormat(locale, { style: "percent" });
const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const absoluteFormat = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "long" });
const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** 1284 → `1,284` */
export const integer = (value: number): string => integerFormat.format(value);

/** 3650000 → `3.65M`; below ten thousand every digit is shown. */
export const compact = (value: number): string =>
  Math.abs(value) < 10_000 ? integerFormat.format(value) : compactFormat.format(value);

/** 7.5 → `7.5`, 10 → `10` */
export const decimal = (value: number): string => decimalFormat.format(value);

/** 0.75 → `75%` */
export const percent = (share: number): string => percentFormat.format(share);

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 1234567 → `1.2 MB`, in powers of a thousand as file managers count. */
export function bytes(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 1000 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: BYTE_UNITS[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit === 0 ? 0 : 1,
  }).format(scaled);
}

const STEPS: [limitMs: number, unit: Intl.RelativeTimeFormatUnit, unitMs: number][] = [
  [HOUR_MS, "minute", MINUTE_MS],
  [DAY_MS, "hour", HOUR_MS],
  [31 * DAY_MS, "day", DAY_MS],
  [365 * DAY_MS, "month", 30.44 * DAY_MS],
  [Infinity, "year", 365.25 * DAY_MS],
];

function step(spanMs: number): [amount: number, unit: Intl.RelativeTimeFormatUnit] {
  const size = Math.abs(spanMs);
  for (const [limitMs, unit, unitMs] of STEPS) {
    if (size < limitMs) return [Math.trunc(spanMs / unitMs), unit];
  }
  return [0, "year"];
}

/** `3 years ago`, `in 2 months`, `now`. */
export function relative(instant: string, now: number): string {
  const span = Date.parse(instant) - now;
  if (Number.isNaN(span)) return instant;
  if (Math.abs(span) < MINUTE_MS) return relativeFormat.format(0, "second");
  const [amount, unit] = step(span);
  return relativeFormat.format(amount, unit);
}

/** `3 years`, `15 minutes`: a length of time without a direction. */
export function span(milliseconds: number): string {
  const [amount, unit] = step(milliseconds);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(Math.abs(amount));
}

/** `12 March 2026 at 09:41:03 UTC`, for the hover of a relative time. */
export function absolute(instant: string): string {
  const time = Date.parse(instant);
  return Number.isNaN(time) ? instant : absoluteFormat.format(time);
}

/** `12 Mar 2026` */
export function day(instant: string): string {
  const time = Date.parse(instant);
  return Number.isNaN(time) ? instant : dayFormat.format(time);
}

/** `2.4s`, `1m 12s` */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const unit = (value: number, name: string, digits: number) =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits }).format(value);
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  return `${unit(Math.floor(seconds / 60), "minute", 0)} ${unit(Math.floor(seconds % 60), "second", 0)}`;
}

/** The last name of a path: `/srv/acme/payments/` → `payments`. */
export function baseName(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  return parts.at(-1) ?? path;
}

/** Enough of an object id to find it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 8);
}
