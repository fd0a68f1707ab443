import { describe, expect, it } from "vitest";
import type { Identity } from "../bindings";
import { FINDINGS, IDENTITIES } from "../mock/identities";
import { credentialKind, identityKind, withArticle } from "./kinds";
import { whyItMatters } from "./why";

const NOW = Date.parse("2026-11-22T09:41:00Z");

function why(name: string, change: Partial<Identity> = {}): string {
  const identity = IDENTITIES.find((candidate) => candidate.name === name);
  if (identity === undefined) throw new Error(`the mock has ${name}`);
  return whyItMatters({ ...identity, ...change }, FINDINGS.filter((finding) => finding.identity_id === identity.id), NOW);
}

describe("why an identity matters", () => {
  it("names life, power, places and users of a key", () => {
    expect(why("svc-payments-deploy")).toBe(
      "An AWS access key that never expires can make itself administrator (lambda-001). It lies in git history, and 2 automated users rely on it.",
    );
  });

  it("says that nobody answers", () => {
    expect(why("legacy_etl")).toMatch(/Nobody answers for it any more\.$/);
  });

  it("says what is not known instead of guessing", () => {
    expect(why("METRICS_API_KEY")).toBe("A secret of unknown target with no known end has rights that nobody has told us. It lies in 1 file. No owner is known.");
  });

  it("mentions disuse", () => {
    expect(why("github-actions@acme-prod")).toContain("It has not been used for 6 months.");
  });

  it("needs no credential", () => {
    expect(why("deploy-docs", { credentials: [] })).toMatch(/^An AWS IAM role of which no standing credential was seen can read/);
  });
});

describe("names of kinds", () => {
  it("of credentials are those of the rules", () => {
    expect(credentialKind("aws_access_key")).toBe("AWS access key");
    expect(credentialKind("age_identity")).toBe("age identity");
  });

  it("of anything else are its words", () => {
    expect(identityKind("github_actions_secret")).toBe("GitHub Actions secret");
    expect(identityKind("aws_iam_user")).toBe("AWS IAM user");
    expect(identityKind("database_login")).toBe("Database login");
  });

  it.each([
    ["aws_access_key", "An AWS access key"],
    ["ssh_login", "An SSH login"],
    ["private_key", "A private key of unknown use"],
    ["gcp_service_account", "A GCP service account"],
    ["npm_token", "An npm access token"],
    ["database_login", "A database login"],
  ])("%s begins a sentence as %s", (kind, words) => expect(withArticle(credentialKind(kind))).toBe(words));
});
