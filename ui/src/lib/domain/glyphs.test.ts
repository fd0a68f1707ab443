// The two glyphs as they are drawn.

import { render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { credential, gate, readiness, type Judged } from "../mock/build";
import { clock } from "../state/clock.svelte";
import ReadinessStrip from "./ReadinessStrip.svelte";
import TenureLine from "./TenureLine.svelte";

beforeEach(() => {
  clock.now = Date.parse("2026-11-22T09:41:00Z");
});

describe("TenureLine", () => {
  const draw = (rest: Parameters<typeof credential>[1]) =>
    render(TenureLine, { credential: credential("aws_access_key", rest), width: 200, tone: "high" }).container;

  it("says in words what it shows", () => {
    draw({ created_at: "2022-11-22T00:00:00Z", never_expires: true, last_used_at: "2026-11-20T00:00:00Z" });
    const name = screen.getByRole("img").getAttribute("aria-label");
    expect(name).toBe("AWS access key: created 4 years ago, never expires, last used 2 days ago, active");
  });

  it("fades out without an expiry, and stops at one", () => {
    expect(draw({ created_at: "2022-11-22T00:00:00Z", never_expires: true }).querySelector("linearGradient")).not.toBeNull();
    const ending = draw({ created_at: "2022-11-22T00:00:00Z", expires_at: "2027-11-22T00:00:00Z" });
    expect(ending.querySelector("linearGradient")).toBeNull();
    expect(ending.querySelector(".stop")).not.toBeNull();
  });

  it("dots what is unknown", () => {
    expect(draw({}).querySelectorAll(".dots")).toHaveLength(2);
  });

  it("does not reach past now for a disabled key", () => {
    const disabled = draw({ created_at: "2022-11-22T00:00:00Z", never_expires: true, state: "inactive" });
    expect(disabled.querySelector("linearGradient")).toBeNull();
  });

  it("puts a ring at the last use", () => {
    const circle = draw({ last_used_at: "2026-11-22T09:41:00Z" }).querySelector("circle");
    expect(Number(circle?.getAttribute("cx"))).toBeCloseTo(144);
  });
});

describe("ReadinessStrip", () => {
  const judged: Judged[] = [[1], [0.5], [0.75], [1], [null], [0], [0.25], [null], [1], [0.5]];
  const draw = (gates = [gate("G-OWNER", 59, "", "")]) =>
    render(ReadinessStrip, { readiness: readiness(judged, gates, { band: "after_prerequisites", pattern: "none", next_action: "" }), width: 200 }).container;

  it("says score, ceiling, cap and unknowns in words", () => {
    draw();
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe(
      "Readiness 50 of 100, at best 68, capped at 59 by G-OWNER, unknown: narrow privilege and issue, use and revocation logged",
    );
  });

  it("draws each track as wide as its weight, less the gap", () => {
    const widths = [...draw().querySelectorAll(".track")].map((track) => Number(track.getAttribute("width")));
    expect(widths).toEqual([10, 8, 10, 14, 10, 12, 14, 8, 8, 6].map((weight) => weight * 2 - 1.5));
  });

  it("hatches what is unknown and only that", () => {
    const container = draw();
    const unknown = [...container.querySelectorAll("[data-state=unknown]")].map((part) => part.getAttribute("data-factor"));
    expect(unknown).toEqual(["F5", "F8"]);
    expect(container.querySelectorAll(".unknown")).toHaveLength(2);
    expect(container.querySelector("[data-factor=F6] .fill")).toBeNull();
  });

  it("strokes the cap at its share of the width", () => {
    expect(Number(draw().querySelector(".cap")?.getAttribute("x1"))).toBeCloseTo(118);
    expect(draw([]).querySelector(".cap")).toBeNull();
  });
});
