// Twelve invented identities that together show every shape that the views must draw.

import type { Finding, Identity } from "../bindings";
import { claim, credential, finding, gate, identity, job, owner, privilege, readiness, risk, type Judged } from "./build";

const PAYMENTS = "/srv/acme/payments";
const INFRA = "/srv/acme/infra";
const DATA = "/srv/acme/data";
const WEB = "/srv/acme/web";

const scopeUnknown = gate("G-SCOPE-UNKNOWN", 59, "Nothing read says what it may do.", "Add an export of its permissions to the scan.");
const paperUnproven = gate(
  "G-PAPER-UNPROVEN",
  59,
  "Nobody has shown that expiry and revocation end its access.",
  "Run a revocation drill against the target.",
);
const shared = gate("G-SHARED", 59, "More than one consumer uses it.", "Give every consumer and environment an identity of its own.");
const noOwner = gate("G-OWNER", 59, "Nobody is known to answer for it.", "Find an owner and let them confirm it.");

const full = (evidence: string): Judged => [1, evidence];
const nothing: Judged = [null];

const deploy = identity({
  kind: "aws_iam_user",
  name: "svc-payments-deploy",
  native_id: "arn:aws:iam::123456789012:user/svc-payments-deploy",
  provider: "aws",
  owner: owner(
    "declared",
    "@acme/payments",
    claim("codeowners", ".github/CODEOWNERS", 12, "@acme/payments", 0.75),
    claim("authorship", ".github/workflows/deploy.yml", null, "@acme/platform", 0.4),
  ),
  credentials: [
    credential("aws_access_key", {
      masked: "AKIA****",
      created_at: "2022-03-14T10:02:00Z",
      never_expires: true,
      last_used_at: "2026-11-21T22:10:00Z",
      last_rotated_at: "2023-01-08T09:00:00Z",
      copies: 3,
    }),
    credential("aws_access_key", {
      masked: "AKIA****",
      created_at: "2020-06-01T07:30:00Z",
      never_expires: true,
      last_used_at: "2022-03-15T04:00:00Z",
      state: "inactive",
      copies: 0,
    }),
  ],
  grants: [
    { target: "*", actions: ["lambda:CreateFunction", "lambda:InvokeFunction"], scope: "inline policy deploy" },
    { target: "*", actions: ["iam:PassRole"], scope: "inline policy deploy" },
    { target: "arn:aws:s3:::acme-payments-artifacts/*", actions: ["s3:PutObject", "s3:GetObject"], scope: "managed policy payments-artifacts" },
  ],
  privilege: privilege(
    "escalates",
    "conditional",
    ["iam:PassRole on every role, by the inline policy deploy", "lambda:CreateFunction and lambda:InvokeFunction on everything"],
    [{ id: "lambda-001", state: "open", target: "any role that Lambda may assume", because: ["iam:PassRole with lambda:CreateFunction"] }],
  ),
  consumers: [
    job(PAYMENTS, ".github/workflows/deploy.yml", 31, "deploy", {
      environment: "production",
      secret_name: "AWS_ACCESS_KEY_ID",
      triggers: ["push"],
      timeout_minutes: 20,
      action: "aws-actions/configure-aws-credentials@v4",
    }),
    job(PAYMENTS, ".github/workflows/reconcile.yml", 22, "reconcile", {
      secret_name: "AWS_ACCESS_KEY_ID",
      exposure: "run",
      triggers: ["schedule"],
      runs_per_day: 24,
    }),
  ],
  risk: risk({ exposure: 18, life: 20, privilege: 25, spread: 15, orphan: 0 }, [
    "A copy lies in git history, where deleting the file does not reach it.",
    "It has no end.",
    "It can make itself administrator.",
    "Three places hold a copy, and a third-party action receives it.",
  ]),
  readiness: readiness(
    [
      full("jobs deploy and reconcile, each with one purpose"),
      [0.5, "push with 20 minutes; reconcile has no time limit"],
      [0.75, ".github/CODEOWNERS line 12"],
      [0.75, "GitHub OIDC is available and not enabled in this repository"],
      [0, "iam:PassRole on * with lambda:CreateFunction"],
      full("AWS STS, by OIDC federation"),
      [0.75, "STS sessions end by themselves; revoking needs a deny by time"],
      [0.5, "CloudTrail in the export; no data events"],
      [0, "in the history of scripts/release.sh"],
      [0.5, "two jobs in one repository"],
    ],
    [
      gate(
        "G-ADMIN-HOURLY",
        39,
        "It is used every hour or more often with administrator rights, or with rights that nobody knows.",
        "Redesign the role: split the frequent, narrow work from the rare administration.",
      ),
      gate("G-ADMIN", 59, "It is an administrator, or can make itself one.", "Narrow its permissions to the actions and resources that the task needs."),
      shared,
    ],
    {
      band: "redesign_first",
      pattern: "per_task_dynamic",
      next_action: "Redesign the role: split the frequent, narrow work from the rare administration.",
    },
  ),
});

const etl = identity({
  kind: "database_login",
  name: "legacy_etl",
  native_id: "postgresql://warehouse.acme.example:5432/app#legacy_etl",
  provider: "postgresql",
  archetype: "scheduled_batch",
  owner: owner("orphaned", null, claim("authorship", "etl/.env", 3, "etl-team@acme.example", 0.4, true)),
  credentials: [credential("database_password", { masked: "p****", never_expires: true, state: "unknown", copies: 2 })],
  privilege: privilege("wide", "no", ["owner of the schema warehouse", "SELECT on all tables"]),
  consumers: [job(DATA, ".github/workflows/nightly.yml", 18, "etl", { secret_name: "WAREHOUSE_URL", triggers: ["schedule"], runs_per_day: 1 })],
  risk: risk({ exposure: 18, life: 20, privilege: 18, spread: 6, orphan: 12 }, [
    "A copy lies in git history.",
    "It has no end.",
    "It reaches every table of the warehouse.",
    "Nobody answers for it any more.",
  ]),
  readiness: readiness(
    [
      full("job etl, nightly"),
      [0.5, "schedule without a time limit"],
      [0, "the only author has been silent for 2 years"],
      [0.75, "GitHub OIDC is available and not enabled"],
      [0.5, "owner of one schema"],
      full("dynamic PostgreSQL credentials by a broker"),
      full("roles can be dropped, sessions ended"),
      nothing,
      [0.25, "two files, one of them in history"],
      full("one job"),
    ],
    [gate("G-OWNER", 59, "Nobody answers for it any more.", "Find an owner and let them confirm it."), paperUnproven],
    { band: "after_prerequisites", pattern: "per_task_dynamic", next_action: "Find an owner and let them confirm it." },
  ),
});

const npm = identity({
  kind: "github_actions_secret",
  name: "NPM_TOKEN",
  provider: "npm",
  owner: owner("declared", "@acme/design-systems", claim("codeowners", "CODEOWNERS", 4, "@acme/design-systems", 0.75)),
  credentials: [credential("npm_token", { masked: "npm_****", created_at: "2025-01-20T12:00:00Z", never_expires: true, last_used_at: "2026-11-16T15:42:00Z" })],
  privilege: privilege("scoped", "no", ["publish on one package"]),
  consumers: [job(WEB, ".github/workflows/release.yml", 44, "publish", { environment: "release", secret_name: "NPM_TOKEN", triggers: ["release"], timeout_minutes: 15 })],
  risk: risk({ exposure: 15, life: 20, privilege: 10, spread: 6, orphan: 0 }, ["It is written in a workflow file.", "It has no end."]),
  readiness: readiness(
    [full("job publish"), full("release, 15 minutes"), [0.75, "CODEOWNERS line 4"], full("GitHub OIDC in use"), full("one package"), full("trusted publishing"), full("ends with the job"), [0.75, "registry audit log"], full("one copy"), full("one job")],
    [],
    { band: "ready_now", pattern: "per_task_dynamic", next_action: "Let the owner confirm that they answer for it." },
  ),
});

const terraform = identity({
  kind: "aws_iam_user",
  name: "terraform-ci",
  native_id: "arn:aws:iam::123456789012:user/terraform-ci",
  provider: "aws",
  owner: owner("confirmed", "@acme/platform", claim("person", "", null, "@acme/platform", 1), claim("codeowners", "CODEOWNERS", 1, "@acme/platform", 0.75)),
  credentials: [credential("aws_access_key", { masked: "AKIA****", created_at: "2024-05-11T08:00:00Z", never_expires: true, last_used_at: "2026-11-22T06:30:00Z" })],
  privilege: privilege("wide", "no", ["ec2:* and rds:* on everything"]),
  consumers: [job(INFRA, ".github/workflows/plan.yml", 27, "plan", { environment: "infra", secret_name: "AWS_KEY", triggers: ["pull_request"], timeout_minutes: 30 })],
  risk: risk({ exposure: 15, life: 20, privilege: 18, spread: 6, orphan: 0 }, ["It is written in a workflow file.", "It has no end.", "ec2:* and rds:* on everything."]),
  readiness: readiness(
    [full("job plan"), full("pull request, 30 minutes"), full("said in Tenure"), full("GitHub OIDC in use"), [0.5, "two wildcards"], full("AWS STS"), [0.75, "sessions end by themselves"], full("CloudTrail"), full("one copy"), full("one job")],
    [],
    { band: "ready_now", pattern: "per_task_dynamic", next_action: "Narrow its permissions to the actions and resources that the task needs." },
  ),
});

const agent = identity({
  kind: "github_pat",
  name: "review-agent",
  provider: "github",
  archetype: "agent",
  owner: owner("inferred", "@acme/agents", claim("authorship", "agents/review/config.yaml", 9, "@acme/agents", 0.4)),
  credentials: [credential("github_pat", { masked: "ghp_****", created_at: "2026-08-30T10:00:00Z", expires_at: "2027-02-26T10:00:00Z", last_used_at: "2026-11-22T09:20:00Z" })],
  privilege: privilege("wide", "no", ["repo and workflow on every repository of the organisation"]),
  consumers: [{ ...job(PAYMENTS, "agents/review/config.yaml", 9, "review", { exposure: "passed", triggers: ["pull_request"] }), kind: "agent" }],
  risk: risk({ exposure: 15, life: 16, privilege: 18, spread: 6, orphan: 6 }, ["It is written in a configuration file.", "It stays valid for 96 days.", "It reaches every repository."]),
  readiness: readiness(
    [[0.25, "decides by itself what to call next"], [0, "no end"], [0.5, "authorship"], [0.5, "only through an app"], [0, "every repository"], full("GitHub App tokens"), [0.5, "tokens can be revoked one by one"], [0.5, "organisation audit log"], [0.75, "two copies"], full("one agent")],
    [
      gate("G-AGENT-NO-RUNTIME-POLICY", 39, "An agent uses it and no policy judges its single requests.", "Put a gateway in front that decides per request."),
      scopeUnknown,
    ],
    { band: "redesign_first", pattern: "intent_scoped_agent", next_action: "Put a gateway in front that decides per request." },
  ),
});

const gcp = identity({
  kind: "gcp_service_account",
  name: "github-actions@acme-prod",
  native_id: "github-actions@acme-prod.iam.gserviceaccount.com",
  provider: "gcp",
  owner: owner("contested", "@acme/data", claim("codeowners", "CODEOWNERS", 7, "@acme/data", 0.75), claim("tag", "terraform/gcp.tf", 31, "@acme/platform", 0.75)),
  credentials: [credential("gcp_service_account_key", { created_at: "2026-02-01T00:00:00Z", never_expires: true, last_used_at: "2026-05-20T00:00:00Z", state: "active", copies: 2 })],
  privilege: privilege("scoped", "no", ["storage.objectAdmin on one bucket"]),
  consumers: [job(DATA, ".github/workflows/sync.yml", 12, "sync", { secret_name: "GCP_KEY", triggers: ["workflow_dispatch"] })],
  risk: risk({ exposure: 15, life: 20, privilege: 10, spread: 6, orphan: 7 }, ["It is written in a workflow file.", "It has no end.", "It has not been used for 186 days."]),
  readiness: readiness(
    [full("job sync"), [0.5, "no time limit"], [0.5, "two sources disagree"], [0.75, "GitHub OIDC is available and not enabled"], [0.5, "one bucket, every object"], full("workload identity federation"), full("keys can be disabled"), [0.75, "audit log"], [0.75, "two copies"], full("one job")],
    [gate("G-OWNER", 59, "Two sources disagree about who answers for it.", "Let one of them confirm it.")],
    { band: "after_prerequisites", pattern: "per_task_dynamic", next_action: "Let one of them confirm it." },
  ),
});

const sonar = identity({
  kind: "github_actions_secret",
  name: "SONAR_TOKEN",
  provider: "sonarqube",
  owner: owner("declared", "@acme/quality", claim("codeowners", "CODEOWNERS", 2, "@acme/quality", 0.75)),
  credentials: [credential("sonar_token", { created_at: "2024-09-01T00:00:00Z", state: "unknown", copies: 1 })],
  privilege: privilege("unknown", "unknown", []),
  consumers: Array.from({ length: 11 }, (_, index) => job(`/srv/acme/service-${index + 1}`, ".github/workflows/quality.yml", 19, "scan", { secret_name: "SONAR_TOKEN", triggers: ["push"] })),
  risk: risk({ exposure: 5, life: 14, privilege: 15, spread: 15, orphan: 0 }, ["Its end is not known.", "What it may do is not known.", "Eleven repositories use it."]),
  readiness: readiness(
    [full("job scan"), [0.5, "push without a time limit"], [0.75, "CODEOWNERS line 2"], [0.75, "GitHub OIDC is available and not enabled"], nothing, [0.5, "user tokens can expire"], [0.5, "tokens can be revoked"], nothing, full("one copy"), [0, "eleven repositories"]],
    [shared, scopeUnknown],
    { band: "after_prerequisites", pattern: "broker_rotated_static", next_action: "Give every consumer and environment an identity of its own." },
  ),
});

const vendor = identity({
  kind: "generic_secret",
  name: "METRICS_API_KEY",
  provider: "unknown",
  archetype: "unknown",
  owner: owner("unknown", null),
  credentials: [credential("generic_secret", { masked: "9f3c****", state: "unknown" })],
  privilege: privilege("unknown", "unknown", []),
  risk: risk({ exposure: 15, life: 14, privilege: 15, spread: 0, orphan: 4 }, ["It is written in a file of today.", "Nothing says when it ends.", "Nothing says what it may do.", "Nothing says whether it is used."]),
  readiness: readiness(
    Array.from({ length: 10 }, (): Judged => nothing),
    [
      gate("G-EQUIV-UNKNOWN", 39, "Nothing says what kind of credential it is, so nothing says what could replace it.", "Find out which platform accepts the credential, and whether it offers a short-lived one."),
      noOwner,
      scopeUnknown,
    ],
    { band: "not_assessed", pattern: "none", next_action: "Find out which platform accepts the credential, and whether it offers a short-lived one." },
  ),
});

const runner = identity({
  kind: "kubernetes_service_account",
  name: "ci/runner",
  native_id: "system:serviceaccount:ci:runner",
  provider: "kubernetes",
  archetype: "service",
  owner: owner("confirmed", "@acme/platform", claim("person", "", null, "@acme/platform", 1)),
  credentials: [credential("kubernetes_sa_token", { created_at: "2024-11-02T00:00:00Z", never_expires: true, last_used_at: "2026-11-22T09:30:00Z" })],
  privilege: privilege("scoped", "no", ["pods in the namespace ci"]),
  consumers: [{ ...job(INFRA, "k8s/runner.yaml", 14, "runner", { exposure: "passed" }), kind: "kubernetes_workload" }],
  risk: risk({ exposure: 5, life: 20, privilege: 10, spread: 6, orphan: 0 }, ["It has no end."]),
  readiness: readiness(
    [[0.25, "Deployment"], [0.5, "always on"], full("said in Tenure"), full("projected tokens"), full("one namespace"), full("TokenRequest"), full("bound to the pod"), [0.75, "audit policy"], full("one copy"), [0.5, "two environments"]],
    [shared],
    { band: "after_prerequisites", pattern: "short_lived_renewable", next_action: "Give every consumer and environment an identity of its own." },
  ),
});

const breakGlass = identity({
  kind: "aws_root",
  name: "break-glass-root",
  native_id: "arn:aws:iam::123456789012:root",
  provider: "aws",
  archetype: "break_glass",
  owner: owner("confirmed", "@acme/security", claim("person", "", null, "@acme/security", 1)),
  credentials: [credential("aws_console_password", { created_at: "2021-02-03T00:00:00Z", never_expires: true, last_used_at: "2024-10-10T00:00:00Z", copies: 0 })],
  privilege: privilege("admin", "yes", ["the root of the account"]),
  risk: risk({ exposure: 0, life: 20, privilege: 25, spread: 0, orphan: 7 }, ["It has no end.", "It can do everything.", "It has not been used for 2 years."]),
  readiness: readiness(
    [full("emergencies"), [0, "no schedule"], full("said in Tenure"), [0.5, "only by a person"], [0, "everything"], full("AWS STS"), full("can be reset"), full("CloudTrail"), full("no copy"), full("one safe")],
    [gate("G-BREAKGLASS", 100, "It is meant for emergencies, so it must work when everything else is down.", "Seal it, watch every use, and record an approved exception with a date and a review after each use.")],
    { band: "exception_needed", pattern: "sealed_break_glass", next_action: "Seal it, watch every use, and record an approved exception with a date and a review after each use." },
  ),
});

const signer = identity({
  kind: "age_identity",
  name: "backup-signer",
  provider: "age",
  archetype: "scheduled_batch",
  owner: owner("declared", "@acme/storage", claim("codeowners", "CODEOWNERS", 9, "@acme/storage", 0.75)),
  credentials: [credential("age_identity", { masked: "AGE-****", created_at: "2025-06-15T00:00:00Z", expires_at: "2028-06-15T00:00:00Z", last_used_at: "2026-11-22T02:00:00Z" })],
  privilege: privilege("read", "no", ["decrypts backups"]),
  risk: risk({ exposure: 5, life: 8, privilege: 5, spread: 0, orphan: 0 }, ["It lies in a store.", "It stays valid for 18 months."]),
  readiness: readiness(
    [full("nightly job"), full("schedule, 60 minutes"), [0.75, "CODEOWNERS line 9"], [0.5, "only through an agent"], full("one bucket"), [0.5, "a broker can hold it"], [0.5, "indirect"], [0.75, "storage log"], full("one copy"), full("one host")],
    [paperUnproven],
    { band: "after_prerequisites", pattern: "broker_rotated_static", next_action: "Run a revocation drill against the target." },
  ),
});

const docs = identity({
  kind: "aws_iam_role",
  name: "deploy-docs",
  native_id: "arn:aws:iam::123456789012:role/deploy-docs",
  provider: "aws",
  owner: owner("declared", "@acme/docs", claim("codeowners", "CODEOWNERS", 5, "@acme/docs", 0.75)),
  credentials: [credential("aws_sts_session", { created_at: "2026-11-22T09:20:00Z", expires_at: "2026-11-22T09:35:00Z", last_used_at: "2026-11-22T09:21:00Z", copies: 0 })],
  privilege: privilege("read", "no", ["s3:PutObject on one bucket"]),
  consumers: [job(WEB, ".github/workflows/docs.yml", 16, "docs", { environment: "docs", triggers: ["push"], timeout_minutes: 10 })],
  risk: risk({ exposure: 0, life: 2, privilege: 5, spread: 0, orphan: 0 }, ["It lives for 15 minutes."]),
  readiness: readiness(
    [full("job docs"), full("push, 10 minutes"), [0.75, "CODEOWNERS line 5"], full("GitHub OIDC in use"), full("one bucket"), full("AWS STS"), full("15 minutes"), full("CloudTrail"), full("no copy"), full("one job")],
    [],
    { band: "ready_now", pattern: "per_task_dynamic", next_action: "Nothing: it is short-lived already." },
  ),
});

export const IDENTITIES: Identity[] = [deploy, etl, npm, terraform, agent, gcp, sonar, vendor, runner, breakGlass, signer, docs];

export const FINDINGS: Finding[] = [
  finding(deploy.id, {
    title: "AWS access key id in a script",
    rule_id: "aws-access-key-id",
    severity: "critical",
    path: "scripts/release.sh",
    start_line: 12,
    masked: "AKIA****",
    in_tree: false,
    in_history: true,
    fate: "history",
    commit: "9f3c1ab47d0e5b2a6c8f1d3e5a7b9c0d2e4f6a81",
    author: "Release Bot <release@acme.example>",
    committed_at: "2022-03-14T10:40:00Z",
    also_at: [{ path: "scripts/rollback.sh", start_line: 9, commit: "c41d77e2a90b" }],
    reasons: ["The checksum of the key id is right.", "The same key id is in the AWS export."],
  }),
  finding(deploy.id, {
    title: "Static AWS key where OIDC is available",
    rule_id: "gha-static-aws-key",
    category: "ci",
    severity: "high",
    path: ".github/workflows/deploy.yml",
    start_line: 31,
    reasons: ["The job may ask for an identity token; it uses a stored key instead."],
  }),
  finding(deploy.id, {
    title: "Access key not rotated for 3 years",
    rule_id: "aws-key-age",
    category: "lifecycle",
    severity: "medium",
    root: "/srv/acme/exports",
    path: "credential-report.csv",
    start_line: 4,
  }),
  finding(etl.id, {
    title: "Database password in an environment file",
    rule_id: "postgres-url",
    severity: "high",
    root: DATA,
    path: "etl/.env",
    start_line: 3,
    masked: "p****",
    in_history: true,
    reasons: ["A connection string with a host and a login."],
  }),
  finding(npm.id, { title: "npm token in a workflow", rule_id: "npm-token", severity: "high", root: WEB, path: ".github/workflows/release.yml", start_line: 44, masked: "npm_****" }),
  finding(agent.id, { title: "GitHub token in an agent's configuration", rule_id: "github-pat", severity: "high", path: "agents/review/config.yaml", start_line: 9, masked: "ghp_****" }),
  finding(gcp.id, { title: "Service account key file", rule_id: "gcp-key", severity: "high", root: DATA, path: "deploy/gcp-key.json", start_line: 1, masked: "-----BEGIN****" }),
  finding(vendor.id, { title: "Value assigned to a secret name", rule_id: "generic-assignment", severity: "medium", confidence: "medium", root: WEB, path: "server/config.ts", start_line: 58, masked: "9f3c****" }),
  finding(null, { title: "Third-party action not pinned to a commit", rule_id: "gha-unpinned-action", category: "trust", severity: "low", root: INFRA, path: ".github/workflows/plan.yml", start_line: 27 }),
];
