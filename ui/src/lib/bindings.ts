// Made from the Rust types by src-tauri/src/bindings.rs; do not edit.
// To make it again: TENURE_WRITE_BINDINGS=1 cargo test -p tenure-desktop bindings

/**
 * A finding as it was when it was accepted. One that is worse by now, or another one, is not accepted.
 */
export type AcceptedFinding = {
/**
 * Its id.
 */
id: string,
/**
 * The root that holds it.
 */
root: string,
/**
 * The rule that made it.
 */
rule_id: string,
/**
 * How bad it was.
 */
severity: Severity, };

/**
 * What an identity is used as. Decides the pattern of its short-lived replacement.
 */
export type Archetype = "ci_job" | "scheduled_batch" | "service" | "agent" | "vendor_connector" | "break_glass" | "unknown";

/**
 * A file that a person can review and merge.
 */
export type Artifact = {
/**
 * Path below the output folder.
 */
path: string,
/**
 * What it is: `workflow_patch`, `trust_policy`, `broker_policy`, `broker_role`, `removal`, `notes`.
 */
kind: string,
/**
 * Its whole text.
 */
content: string, };

/**
 * What kind of statement a finding makes.
 */
export type Category = "secret" | "standing_privilege" | "ci" | "trust" | "lifecycle" | "ownership";

/**
 * A code to branch on and a sentence for a person; the view never branches on the sentence.
 */
export type CommandError = {
/**
 * Stable word in snake case.
 */
code: string,
/**
 * What happened and what to do.
 */
message: string, };

/**
 * How sure we are that it is true.
 */
export type Confidence = "low" | "medium" | "high";

/**
 * Whether a configuration file counted.
 */
export type ConfigurationState = "applied" | "not_trusted" | "not_at_root";

/**
 * What a configuration file did to a report.
 */
export type ConfigurationUse = {
/**
 * The file, as the user named it; one of a repository with its root.
 */
path: string,
/**
 * Whether it counted.
 */
state: ConfigurationState,
/**
 * Flags of `scan` whose default it set.
 */
settings: Array<string>,
/**
 * Flags that it would have set if one folder alone had been scanned.
 */
settings_left_out: Array<string>,
/**
 * Patterns of paths that were not read.
 */
exclude: Array<string>,
/**
 * Rules that it switched off.
 */
rules_off: Array<string>,
/**
 * Severities that it changed.
 */
severities: Record<string, Severity>,
/**
 * Findings that it suppressed.
 */
suppressed: number,
/**
 * Entries of `allow` that are over, and count no more.
 */
allow_expired: number,
/**
 * Entries of `allow` that met no finding: fixed by now, or made under another fingerprint key.
 */
allow_unmatched: number, };

/**
 * An automated user of an identity.
 */
export type Consumer = {
/**
 * `ci_job`, `kubernetes_workload`, `agent`, `file`.
 */
kind: string,
/**
 * Scanned root.
 */
root: string,
/**
 * File that defines it.
 */
path: string,
/**
 * Line of the use, from 1.
 */
line: number,
/**
 * Job or workload.
 */
job: string | null,
/**
 * Deployment environment, where it is bound to one.
 */
environment: string | null,
/**
 * The name under which it receives the credential.
 */
secret_name: string | null,
/**
 * Where it is exposed: `workflow`, `job`, `step`, `with`, `run`, `passed`.
 */
exposure: string | null,
/**
 * Events that start it.
 */
triggers: Array<string>,
/**
 * Runs a day by its schedule; `None` when events start it.
 */
runs_per_day: number | null,
/**
 * Upper bound of one run, minutes, where it is written down.
 */
timeout_minutes: number | null,
/**
 * `hosted`, `self_hosted`.
 */
runner: string | null,
/**
 * Third-party step that receives it, with its ref.
 */
action: string | null,
/**
 * The file says that a person must let each run go.
 */
approval: boolean,
/**
 * What the platform's own token may do there, as written; `None` when nothing is written and a setting decides.
 */
token_permissions: string | null,
/**
 * Whether the platform could prove the consumer's identity today.
 */
federation: Federation | null,
/**
 * The same in words, with what is missing.
 */
federation_how: string | null,
/**
 * Jobs of other files that start it, each as `path:line job`.
 */
called_by: Array<string>, };

/**
 * What was really read: by this scan, or by the one that it takes over because nothing has changed since.
 */
export type Counts = {
/**
 * Files of work trees, and single files.
 */
files: number,
/**
 * Bytes of files and blobs.
 */
bytes: number,
/**
 * Distinct blobs of object stores.
 */
blobs: number,
/**
 * Commits.
 */
commits: number,
/**
 * Findings in the report.
 */
findings: number,
/**
 * Identities in the report.
 */
identities: number,
/**
 * Blobs whose result was known from an earlier scan.
 */
cached_blobs: number, };

/**
 * One credential of an identity. Its value is nowhere in here.
 */
export type Credential = {
/**
 * Kind, a key of `rules/credentials.toml`: `aws_access_key`, `github_pat`, …
 */
kind: string,
/**
 * Keyed fingerprint, once a value (or public id) was seen.
 */
fingerprint: Fingerprint | null,
/**
 * Mask for people.
 */
masked: string | null,
/**
 * When it was made.
 */
created_at: string | null,
/**
 * When it ends by itself; with `never_expires` false and this `None`, unknown.
 */
expires_at: string | null,
/**
 * True when an authority or the catalogue says that it has no end.
 */
never_expires: boolean,
/**
 * Last use that an authority recorded.
 */
last_used_at: string | null,
/**
 * True when an authority says that it was never used.
 */
never_used: boolean,
/**
 * Last rotation that an authority recorded.
 */
last_rotated_at: string | null,
/**
 * Whether it still opens anything.
 */
state: CredentialState,
/**
 * Distinct places (root and path) that hold a copy of the value.
 */
copies: number, };

/**
 * Whether a credential still opens anything.
 */
export type CredentialState = "active" | "inactive" | "expired" | "unknown";

/**
 * A known way to more power.
 */
export type EscalationPath = {
/**
 * Public id of the path: `iam-001`.
 */
id: string,
/**
 * Whether it can be walked.
 */
state: PathState,
/**
 * What it leads to.
 */
target: string | null,
/**
 * The statements that open it.
 */
because: Array<string>, };

/**
 * Access that stands and was accepted.
 */
export type Exception = {
/**
 * Given once.
 */
id: string,
/**
 * The identity.
 */
identity_id: string,
/**
 * How the identity was called when it was accepted.
 */
identity_name: string,
/**
 * Why it is accepted.
 */
reason: ExceptionReason,
/**
 * The same in a person's words.
 */
why: string,
/**
 * Who accepted it.
 */
approved_by: Array<string>,
/**
 * When.
 */
made_at: string,
/**
 * The last day on which it holds, in UTC; a review may have moved it.
 */
expires: string,
/**
 * The day of the next look, in UTC.
 */
review: string | null,
/**
 * What is accepted, and nothing else.
 */
accepted: Array<AcceptedFinding>,
/**
 * Every look at it, oldest first.
 */
reviews: Array<ExceptionReview>,
/**
 * Where it stood on the day when this was asked.
 */
state: ExceptionState, };

/**
 * Why access that stands is accepted. There are no other reasons.
 */
export type ExceptionReason = "cannot_reauthenticate" | "revocation_disproportionate" | "break_glass";

/**
 * One look at an exception after it was accepted.
 */
export type ExceptionReview = {
/**
 * Who looked.
 */
by: Array<string>,
/**
 * What they decided.
 */
decision: ReviewDecision,
/**
 * When.
 */
at: string,
/**
 * The last day on which it holds from then on, in UTC.
 */
expires: string,
/**
 * The day of the next look.
 */
review: string | null, };

/**
 * Where an exception stands on a day.
 */
export type ExceptionState = "expired" | "expiring_soon" | "active" | "ended";

/**
 * One of the ten readiness factors, with its evidence.
 */
export type Factor = {
/**
 * `F1` … `F10`.
 */
id: string,
/**
 * What it asks, in words.
 */
name: string,
/**
 * 0, 0.25, 0.5, 0.75 or 1; `None` = unknown, worth nothing.
 */
value: number | null,
/**
 * Points that a full value gives.
 */
weight: number,
/**
 * Weight times value.
 */
points: number,
/**
 * Quality of the evidence, 0.0 when unknown.
 */
quality: number,
/**
 * Why, in words, with places.
 */
evidence: Array<string>, };

/**
 * How a place can still be reached. Every hit in an object store has exactly one fate.
 */
export type Fate = "work_tree" | "head" | "history" | "stash" | "reflog" | "unreachable" | "loose" | "dangling" | "message";

/**
 * Whether a platform can prove who a workload is.
 */
export type Federation = "static_only" | "plugin_only" | "available_not_enabled" | "available" | "used";

/**
 * Figures for a first look.
 */
export type Figures = {
/**
 * All identities.
 */
identities: number,
/**
 * Unknown, contested or orphaned owner.
 */
without_owner: number,
/**
 * With a credential that never expires or of which no end is known.
 */
never_expire: number,
/**
 * Ready now.
 */
ready_now: number,
/**
 * Hours a year in which credentials are usable.
 */
standing_hours_per_year: number,
/**
 * Hours of them that could go.
 */
avoidable_hours_per_year: number, };

/**
 * One finding: for a secret, one value in one path (every line in `also_at`).
 */
export type Finding = {
/**
 * Stable across scans; made of rule, value fingerprint or subject, root-relative path; never of commit or line.
 */
id: string,
/**
 * The rule that made it.
 */
rule_id: string,
/**
 * What it is, in words.
 */
title: string,
/**
 * What kind of statement it makes.
 */
category: Category,
/**
 * How bad it is if it is true.
 */
severity: Severity,
/**
 * How sure we are.
 */
confidence: Confidence,
/**
 * Commit that introduced it, for history.
 */
commit: string | null,
/**
 * Author of that commit.
 */
author: string | null,
/**
 * Author time of that commit.
 */
committed_at: string | null,
/**
 * In the files of today.
 */
in_tree: boolean,
/**
 * In the object store of a repository.
 */
in_history: boolean,
/**
 * How it can still be reached.
 */
fate: Fate,
/**
 * Further lines of the same file, or other places, with the same value.
 */
also_at: Array<OtherPlace>,
/**
 * Mask of the value.
 */
masked: string | null,
/**
 * Keyed fingerprint of the value.
 */
fingerprint: Fingerprint | null,
/**
 * The identity that it belongs to; known after the inventory has resolved it.
 */
identity_id: string | null,
/**
 * Why it does not count, when a baseline or exception says so.
 */
suppressed: string | null,
/**
 * Framework controls that it speaks to: `OWASP-NHI7:2025`, …
 */
controls: Array<string>,
/**
 * Why we believe it, in words: evidence for and against.
 */
reasons: Array<string>,
/**
 * The scanned root as the user named it.
 */
root: string,
/**
 * Path below the root, `/` on every platform; bytes that are not UTF-8 are percent-escaped.
 */
path: string,
/**
 * First line, from 1. For something without lines (a whole file) it is 1.
 */
start_line: number,
/**
 * Last line, from 1, inclusive.
 */
end_line: number,
/**
 * First byte in its line, from 1.
 */
start_column: number,
/**
 * Byte after the last one, from 1, in `end_line`.
 */
end_column: number, };

/**
 * 128 bits of keyed BLAKE3 over kind and value, in hex.
 */
export type Fingerprint = string;

/**
 * A condition that caps the score whatever the points say.
 */
export type Gate = {
/**
 * `G-PAPER`, `G-OWNER`, …
 */
id: string,
/**
 * Highest score that it allows.
 */
cap: number,
/**
 * Why it is shut, in words.
 */
because: string,
/**
 * What opens it.
 */
action: string, };

/**
 * Something that the identity may do.
 */
export type Grant = {
/**
 * What is reached: a resource pattern, a database, a repository.
 */
target: string,
/**
 * Actions in the platform's own words.
 */
actions: Array<string>,
/**
 * Where it comes from: `inline policy deploy`, `group admins`, …
 */
scope: string, };

/**
 * One machine identity with everything that is known and judged.
 */
export type Identity = {
/**
 * Given once, kept for ever.
 */
id: string,
/**
 * `aws_iam_user`, `github_actions_secret`, `database_login`, …
 */
kind: string,
/**
 * Name for people.
 */
name: string,
/**
 * The platform's own id.
 */
native_id: string | null,
/**
 * Platform.
 */
provider: string,
/**
 * What it is for, where somebody said so.
 */
purpose: string | null,
/**
 * What it is used as.
 */
archetype: Archetype,
/**
 * Who answers for it.
 */
owner: Owner,
/**
 * What proves it.
 */
credentials: Array<Credential>,
/**
 * What it may do.
 */
grants: Array<Grant>,
/**
 * How much power that is.
 */
privilege: Privilege,
/**
 * Who uses it.
 */
consumers: Array<Consumer>,
/**
 * How bad it is today. Of thousands of identities of one export most are judged alike: they share it.
 */
risk: Risk,
/**
 * Whether short-lived access could take over safely; shared likewise.
 */
readiness: Readiness,
/**
 * What people accepted of it, those that are over included until a review ends them.
 */
exceptions?: Array<Exception>,
/**
 * First scan that saw it.
 */
first_seen_at: string | null,
/**
 * Set when the last scan of its roots no longer saw it.
 */
gone_at: string | null, };

/**
 * One identity with everything that a page shows.
 */
export type IdentityDetail = {
/**
 * The identity.
 */
identity: Identity,
/**
 * Findings about it.
 */
findings: Array<Finding>,
/**
 * What the plan says of it.
 */
plan: PlanEntry | null,
/**
 * Where infrastructure as code declares it or a state holds it, as `address in path:line`.
 */
made_by: Array<string>, };

/**
 * Some identities out of many.
 */
export type IdentityPage = {
/**
 * The rows asked for.
 */
identities: Array<Identity>,
/**
 * How many there are in all.
 */
total: number, };

/**
 * Which identities to show, and how. The default shows all that are there, most risky first.
 */
export type IdentityQuery = {
/**
 * Part of the name, the platform's id, the kind or the owner; case does not matter.
 */
text: string | null,
/**
 * Kinds; empty = all.
 */
kinds: Array<string>,
/**
 * Platforms; empty = all.
 */
providers: Array<string>,
/**
 * How sure the owner is; empty = all.
 */
owner_states: Array<OwnerState>,
/**
 * Steps of risk; empty = all.
 */
risk_bands: Array<RiskBand>,
/**
 * Steps of readiness; empty = all.
 */
readiness_bands: Array<ReadinessBand>,
/**
 * Show also what is gone.
 */
with_gone: boolean,
/**
 * Order.
 */
sort: IdentitySort,
/**
 * Numbers upward or names from Z; by default numbers come down and names go from A.
 */
reversed: boolean,
/**
 * Rows at most; capped at [`PAGE_ROWS_MAX`], 0 = only the total.
 */
limit: number,
/**
 * Rows to leave out first.
 */
offset: number, };

/**
 * The order of a page.
 */
export type IdentitySort = "risk" | "readiness" | "name" | "kind" | "owner" | "first_seen";

/**
 * A migration in broker-neutral words.
 */
export type Intent = {
/**
 * Who may ask.
 */
who: Who,
/**
 * Login mount at the broker; exists already.
 */
auth_mount: string | null,
/**
 * What is asked for.
 */
what: What,
/**
 * Where it is valid.
 */
where: Where,
/**
 * Longest life of one credential, seconds.
 */
ttl_seconds: number,
/**
 * What starts it.
 */
trigger: string,
/**
 * What ends it.
 */
teardown: string, };

/**
 * What a recipe proposes for one identity.
 */
export type Migration = {
/**
 * Recipe: `github_actions_aws_oidc`, `database_password_dynamic`.
 */
recipe: string,
/**
 * What it does, in one sentence.
 */
summary: string,
/**
 * The migration in broker-neutral words.
 */
intent: Intent,
/**
 * What starts a credential's life.
 */
trigger: string,
/**
 * How long it lives, in words.
 */
time_limit: string,
/**
 * What ends it.
 */
teardown: string,
/**
 * What must be true before one is issued.
 */
conditions: Array<string>,
/**
 * How the old credential ends, in order.
 */
removal: Array<string>,
/**
 * What a person must do or decide first.
 */
prerequisites: Array<string>,
/**
 * Files to review and merge.
 */
artifacts: Array<Artifact>,
/**
 * What could go wrong.
 */
warnings: Array<string>, };

/**
 * Another place that holds the same thing.
 */
export type OtherPlace = {
/**
 * Path below the same root.
 */
path: string,
/**
 * Line, from 1.
 */
start_line: number,
/**
 * Commit that introduced it there, for history; `None` for the work tree.
 */
commit: string | null, };

/**
 * Figures of the whole inventory, and the scan that they come from.
 */
export type Overview = {
/**
 * The figures.
 */
figures: Figures,
/**
 * The last scan.
 */
last_scan: ScanSummary | null, };

/**
 * Who answers for an identity, and why we think so.
 */
export type Owner = {
/**
 * How sure.
 */
state: OwnerState,
/**
 * Who, where one name wins.
 */
name: string | null,
/**
 * 0.0 to 1.0.
 */
confidence: number,
/**
 * Every claim, strongest first; never only the result.
 */
basis: Array<OwnerClaim>, };

/**
 * One statement that somebody owns something.
 */
export type OwnerClaim = {
/**
 * Kind of source: `codeowners`, `tag`, `authorship`, `person`.
 */
source: string,
/**
 * File that says so.
 */
path: string,
/**
 * Line in it, from 1.
 */
line: number | null,
/**
 * Who: `@org/team`, a mail address, a name.
 */
value: string,
/**
 * 0.0 to 1.0.
 */
confidence: number,
/**
 * The claimed owner is gone: last seen longer ago than the ownership horizon.
 */
inactive: boolean, };

/**
 * How sure we are of an owner.
 */
export type OwnerState = "confirmed" | "declared" | "inferred" | "contested" | "orphaned" | "unknown";

/**
 * Whether an escalation path can be walked.
 */
export type PathState = "open" | "conditional" | "latent";

/**
 * The shape that short-lived access would take.
 */
export type Pattern = "per_task_dynamic" | "short_lived_renewable" | "intent_scoped_agent" | "broker_rotated_static" | "sealed_break_glass" | "none";

/**
 * One identity in a plan.
 */
export type PlanEntry = {
/**
 * Identity.
 */
identity_id: string,
/**
 * Its name.
 */
name: string,
/**
 * Its kind.
 */
kind: string,
/**
 * Who answers for it.
 */
owner: Owner,
/**
 * Lane.
 */
quadrant: Quadrant,
/**
 * Risk, 0 to 100.
 */
risk_score: number,
/**
 * Its step.
 */
risk_band: RiskBand,
/**
 * Readiness, 0 to 100.
 */
readiness_score: number,
/**
 * Readiness at best.
 */
readiness_ceiling: number,
/**
 * Its step.
 */
readiness_band: ReadinessBand,
/**
 * Shut gates.
 */
gates: Array<string>,
/**
 * Shape of the short-lived access.
 */
pattern: Pattern,
/**
 * Why, in words.
 */
why: Array<string>,
/**
 * The cheapest next action.
 */
next_action: string,
/**
 * Hours a year in which the credential is usable today.
 */
standing_hours_per_year: number,
/**
 * Hours of them that short-lived access would take away.
 */
avoidable_hours_per_year: number,
/**
 * What a recipe proposes, where one fits.
 */
migration: Migration | null, };

/**
 * The power of an identity, with the statements that make it so.
 */
export type Privilege = {
/**
 * How much.
 */
level: PrivilegeLevel,
/**
 * Administrator or not.
 */
admin: Verdict,
/**
 * Ways to more.
 */
paths: Array<EscalationPath>,
/**
 * Why this level.
 */
because: Array<string>, };

/**
 * How much power an identity has.
 */
export type PrivilegeLevel = "admin" | "escalates" | "wide" | "scoped" | "read" | "unknown";

/**
 * The four lanes of risk against readiness.
 */
export type Quadrant = "migrate_first" | "contain_now" | "batch" | "track";

/**
 * How far an input got that was not fully read.
 */
export type ReadState = "partial" | "skipped" | "failed" | "excluded";

/**
 * Whether short-lived access could take over safely.
 */
export type Readiness = {
/**
 * floor(min(points, lowest cap)), 0 to 100.
 */
score: number,
/**
 * Score if every unknown turned out well, before caps.
 */
ceiling: number,
/**
 * Share of the weight that is known, times its quality, 0.0 to 1.0.
 */
confidence: number,
/**
 * Step.
 */
band: ReadinessBand,
/**
 * Version of `rules/readiness.toml` that judged.
 */
model_version: string,
/**
 * The ten factors, F1 to F10.
 */
factors: Array<Factor>,
/**
 * The gates that are shut, lowest cap first.
 */
gates: Array<Gate>,
/**
 * The shape that short-lived access would take.
 */
pattern: Pattern,
/**
 * The cheapest next action.
 */
next_action: string, };

/**
 * Readiness in words. `NotAssessed` is a lane of its own, never part of a "ready" total.
 */
export type ReadinessBand = "ready_now" | "after_prerequisites" | "redesign_first" | "exception_needed" | "not_assessed";

/**
 * What a review decides.
 */
export type ReviewDecision = "keep" | "end";

/**
 * How bad it is today.
 */
export type Risk = {
/**
 * Sum of the parts, 0 to 100.
 */
score: number,
/**
 * Step.
 */
band: RiskBand,
/**
 * Where the points come from.
 */
parts: RiskParts,
/**
 * One sentence per part that has points.
 */
because: Array<string>, };

/**
 * Four steps of risk.
 */
export type RiskBand = "low" | "medium" | "high" | "critical";

/**
 * Points of risk by part; unknown costs more than known-good.
 */
export type RiskParts = {
/**
 * Where the value lies, 0 to 25.
 */
exposure: number,
/**
 * How long it stays valid, 0 to 20.
 */
life: number,
/**
 * What it can do, 0 to 25.
 */
privilege: number,
/**
 * How many hold it, 0 to 15.
 */
spread: number,
/**
 * Nobody answers for it, nobody uses it, 0 to 15.
 */
orphan: number, };

/**
 * What a front end can show while a scan runs.
 */
export type ScanEvent = { "event": "started",
/**
 * What is scanned.
 */
roots: Array<string>, } | { "event": "progress",
/**
 * What was read so far.
 */
counts: Counts,
/**
 * What is being read.
 */
current: string, } | { "event": "finding",
/**
 * The finding.
 */
finding: Finding, } | { "event": "unread",
/**
 * The input and the reason.
 */
unread: Unread, } | { "event": "finished",
/**
 * The run.
 */
summary: ScanSummary, };

/**
 * One run.
 */
export type ScanSummary = {
/**
 * Given per run.
 */
id: string,
/**
 * Start.
 */
started_at: string,
/**
 * End.
 */
finished_at: string,
/**
 * Roots as the user named them.
 */
roots: Array<string>,
/**
 * False as soon as one input was not fully read, but for what the user's configuration excludes: `unread` names that.
 */
complete: boolean,
/**
 * True when the user stopped it.
 */
cancelled: boolean,
/**
 * Set when only what is new since a revision was looked for: everything else is not in the report.
 */
since?: Since,
/**
 * What was really read.
 */
counts: Counts,
/**
 * What was not.
 */
unread: Array<Unread>,
/**
 * Configuration files that were met, and what each did.
 */
configurations: Array<ConfigurationUse>, };

/**
 * How bad it is if it is true.
 */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/**
 * What a scan left out on purpose, because it stood there at a revision already.
 */
export type Since = {
/**
 * The revision as the user named it; empty where an inventory only knows that there was one.
 */
revision: string,
/**
 * The commit that it is in each repository.
 */
commits: Array<SinceCommit>, };

/**
 * A revision in one repository.
 */
export type SinceCommit = {
/**
 * Scanned root.
 */
root: string,
/**
 * The git folder below it.
 */
repository: string,
/**
 * The commit's id.
 */
commit: string, };

/**
 * One input that was not fully read. Any of these, but an excluded one, makes a scan incomplete.
 */
export type Unread = {
/**
 * The input: a path, or a path and what is inside it (`repo.git!objects/pack/x.pack`).
 */
path: string,
/**
 * How far it got.
 */
state: ReadState,
/**
 * A stable code in snake case, for scripts: `permission_denied`, `not_a_regular_file`, `pack_damaged`, …
 */
reason: string,
/**
 * One sentence for a person.
 */
detail: string, };

/**
 * Three-valued answers; `Unknown` when there is no data to answer from.
 */
export type Verdict = "yes" | "conditional" | "no" | "unknown";

/**
 * What is asked for.
 */
export type What = {
/**
 * `database`, `aws`, …
 */
engine: string,
/**
 * Mount of the engine at the broker.
 */
mount: string,
/**
 * Connection or account at the engine; exists already.
 */
connection: string,
/**
 * Privilege in the target's own words: `SELECT ON orders`.
 */
privilege: string, };

/**
 * Where it is valid, and what it replaces.
 */
export type Where = {
/**
 * `postgresql`, `aws`, …
 */
kind: string,
/**
 * Host name or address.
 */
host: string | null,
/**
 * Port.
 */
port: number | null,
/**
 * Database.
 */
database: string | null,
/**
 * The login whose standing access shall end.
 */
old_login: string | null,
/**
 * Name of the environment variable that holds the target's administrative connection string.
 */
admin_dsn_env: string | null,
/**
 * AWS role to assume, where the target is AWS.
 */
role_arn: string | null, };

/**
 * Who may ask for the short-lived credential: claims that the platform signs.
 */
export type Who = {
/**
 * Token issuer, `https://…`.
 */
issuer: string,
/**
 * Expected audience.
 */
audience: string,
/**
 * Expected subject.
 */
subject: string,
/**
 * Further claims, each with its one allowed value.
 */
claims: Record<string, string>, };
