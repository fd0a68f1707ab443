// What the planner would propose for two of the invented identities; the others have a next step only.

import type { Identity, Migration, PlanEntry, Quadrant } from "../bindings";

const WORKFLOW_PATCH = `--- a/.github/workflows/deploy.yml
+++ b/.github/workflows/deploy.yml
@@ -14,6 +14,9 @@ jobs:
   deploy:
     runs-on: ubuntu-24.04
     environment: production
+    permissions:
+      id-token: write
+      contents: read
     timeout-minutes: 20
     steps:
       - uses: actions/checkout@v4
@@ -28,7 +31,6 @@ jobs:
       - uses: aws-actions/configure-aws-credentials@v4
         with:
           aws-region: eu-central-1
-          aws-access-key-id: \${{ secrets.AWS_ACCESS_KEY_ID }}
-          aws-secret-access-key: \${{ secrets.AWS_SECRET_ACCESS_KEY }}
+          role-to-assume: arn:aws:iam::123456789012:role/payments-deploy
+          role-duration-seconds: 900
       - run: make deploy
`;

const TRUST_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:acme/payments:environment:production"
        }
      }
    }
  ]
}
`;

const NOBODY = { issuer: "", audience: "", subject: "", claims: {} };
const INTENT = {
  who: NOBODY,
  auth_mount: null,
  what: { engine: "", mount: "", connection: "", privilege: "" },
  where: { kind: "", host: null, port: null, database: null, old_login: null, admin_dsn_env: null, role_arn: null },
  ttl_seconds: 900,
  trigger: "",
  teardown: "",
};

const MIGRATIONS: Record<string, Migration> = {
  "svc-payments-deploy": {
    recipe: "github_actions_aws_oidc",
    summary: "The job deploy proves who it is with a token from GitHub, and AWS gives it a session for 15 minutes.",
    intent: INTENT,
    trigger: "A run of the job deploy in the environment production",
    time_limit: "15 minutes",
    teardown: "The session ends by itself; nothing is kept after the job",
    conditions: ["repository acme/payments", "environment production", "branch main", "audience sts.amazonaws.com"],
    removal: [
      "Deactivate the access key and keep it for 7 days.",
      "Check that nothing used it in that time.",
      "Delete the key, and both secrets in the repository's settings.",
    ],
    prerequisites: ["Split the role: iam:PassRole is not needed by deploy.", "Move reconcile to a role of its own."],
    artifacts: [
      { path: "payments/deploy.yml.patch", kind: "workflow_patch", content: WORKFLOW_PATCH },
      { path: "payments/trust-policy.json", kind: "trust_policy", content: TRUST_POLICY },
    ],
    warnings: ["A run from a fork gets no token: such runs will stop deploying."],
  },
  legacy_etl: {
    recipe: "database_password_dynamic",
    summary: "Each nightly run asks the broker for a login of its own, which ends after an hour.",
    intent: INTENT,
    trigger: "A run of the job etl by its schedule",
    time_limit: "60 minutes",
    teardown: "The broker drops the role and ends its sessions when the job is done",
    conditions: ["repository acme/data", "workflow nightly.yml on main"],
    removal: ["Set the old login to NOLOGIN.", "Wait for 7 days.", "Drop it, and remove the password from etl/.env."],
    prerequisites: ["Find an owner for the warehouse's ETL."],
    artifacts: [],
    warnings: [],
  },
};

const QUADRANTS: Record<string, Quadrant> = { "true,true": "migrate_first", "true,false": "contain_now", "false,true": "batch", "false,false": "track" };
const HOURS_PER_YEAR = 8760;

export function planOf(identity: Identity): PlanEntry {
  const ready = identity.readiness.band === "ready_now" || identity.readiness.band === "after_prerequisites";
  const standing = identity.credentials.filter((credential) => credential.state !== "inactive").length * HOURS_PER_YEAR;
  return {
    identity_id: identity.id,
    name: identity.name,
    kind: identity.kind,
    owner: identity.owner,
    quadrant: QUADRANTS[`${identity.risk.score >= 50},${ready}`] ?? "track",
    risk_score: identity.risk.score,
    risk_band: identity.risk.band,
    readiness_score: identity.readiness.score,
    readiness_ceiling: identity.readiness.ceiling,
    readiness_band: identity.readiness.band,
    gates: identity.readiness.gates.map((gate) => gate.id),
    pattern: identity.readiness.pattern,
    why: identity.risk.because,
    next_action: identity.readiness.next_action,
    standing_hours_per_year: standing,
    avoidable_hours_per_year: identity.readiness.band === "exception_needed" ? 0 : Math.round(standing * 0.97),
    migration: MIGRATIONS[identity.name] ?? null,
  };
}
