// Every message of the desktop, in English. A second language is a second file with the same shape.

import type {
  Archetype,
  CredentialState,
  Fate,
  OwnerState,
  Pattern,
  PathState,
  PrivilegeLevel,
  ReadState,
  ReadinessBand,
  RiskBand,
  RiskParts,
  Severity,
} from "../bindings";

/** For `Intl`: English with the day before the month, a 24-hour clock, and M for a million. */
export const locale = "en-IE";

const number = new Intl.NumberFormat(locale);
const plurals = new Intl.PluralRules(locale);

/** `1 file`, `12,034 files` */
const count = (value: number, one: string, other: string): string =>
  `${number.format(value)} ${plurals.select(value) === "one" ? one : other}`;

const join = (items: readonly string[]): string => new Intl.ListFormat(locale, { type: "conjunction" }).format(items);

const riskBands: Record<RiskBand, string> = { critical: "Critical", high: "High", medium: "Medium", low: "Low" };
const severities: Record<Severity, string> = { ...riskBands, info: "Info" };

const bands: Record<ReadinessBand, string> = {
  ready_now: "Ready now",
  after_prerequisites: "Prerequisites",
  redesign_first: "Redesign first",
  exception_needed: "Exception",
  not_assessed: "Not assessed",
};

const bandMeanings: Record<ReadinessBand, string> = {
  ready_now: "Nothing stands in the way of short-lived access.",
  after_prerequisites: "Short-lived access can take over after the named prerequisites.",
  redesign_first: "The workload or its access must change first.",
  exception_needed: "This cannot be short-lived. It needs an approved, dated exception.",
  not_assessed: "Too little is known to judge. It counts in no total of ready identities.",
};

const ownerStates: Record<OwnerState, string> = {
  confirmed: "confirmed",
  declared: "declared",
  inferred: "inferred",
  contested: "contested",
  orphaned: "orphaned",
  unknown: "unknown",
};

const ownerMeanings: Record<OwnerState, string> = {
  confirmed: "A person said so in Tenure.",
  declared: "A file or a tag says so.",
  inferred: "Authorship suggests it; nobody said so.",
  contested: "Two sources disagree.",
  orphaned: "There is evidence that nobody answers for it any more.",
  unknown: "No source names an owner.",
};

const archetypes: Record<Archetype, string> = {
  ci_job: "CI job",
  scheduled_batch: "scheduled batch",
  service: "service",
  agent: "agent",
  vendor_connector: "vendor connector",
  break_glass: "break glass",
  unknown: "use unknown",
};

const patterns: Record<Pattern, string> = {
  per_task_dynamic: "one credential per task",
  short_lived_renewable: "short-lived, renewable",
  intent_scoped_agent: "one token per intent",
  broker_rotated_static: "static, rotated by a broker (a bridge)",
  sealed_break_glass: "sealed for emergencies",
  none: "none yet",
};

const credentialStates: Record<CredentialState, string> = {
  active: "active",
  inactive: "disabled",
  expired: "expired",
  unknown: "state unknown",
};

const privilegeLevels: Record<PrivilegeLevel, string> = {
  admin: "Administrator",
  escalates: "Can make itself administrator",
  wide: "Wildcards on data or credentials",
  scoped: "Named actions on named things",
  read: "Reads named things",
  unknown: "Unknown",
};

const pathStates: Record<PathState, string> = {
  open: "open now",
  conditional: "open under a condition",
  latent: "latent: the permissions are there, a target is not",
};

const fates: Record<Fate, string> = {
  work_tree: "in the files of today",
  head: "in the files of today",
  history: "removed from the files, still in git history",
  stash: "in a stash",
  reflog: "only in the reflog",
  unreachable: "in a commit that nothing names",
  loose: "in a tree that no commit names",
  dangling: "in a blob that nothing names",
  message: "in the text of a commit or tag",
};

const readStates: Record<ReadState, string> = { partial: "Partly read", skipped: "Skipped", failed: "Failed", excluded: "Left out" };

const riskParts: Record<keyof RiskParts, string> = {
  exposure: "Where it lies",
  life: "How long it lives",
  privilege: "What it can do",
  spread: "How many hold it",
  orphan: "Who answers for it",
};

const ownerSources: Record<string, string> = {
  codeowners: "CODEOWNERS",
  tag: "tag",
  authorship: "authorship",
  person: "said in Tenure",
};

export const t = {
  product: "Tenure",
  locale,
  count,
  join,

  nav: {
    label: "Sections",
    scan: "Scan",
    identities: "Identities",
    scanned: (when: string) => `scanned ${when}`,
    scanning: "scanning now",
    neverScanned: "nothing scanned yet",
    unread: (n: number) => (n === 0 ? "everything read" : `${count(n, "input", "inputs")} not read`),
    theme: { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" },
    keys: "Keys",
    skip: "Skip to the content",
  },

  empty: {
    sentence: "Find the machine credentials that never end, see who answers for them, and plan how to end them.",
    choose: "Choose folder",
    drop: "or drop a folder, a repository or a cloud export here",
    dropNow: "Drop to choose",
    demo: "Open demo data",
    demoMeaning: "A small repository with history, a workflow and a cloud export, made in a temporary folder.",
    local: "Nothing leaves this machine. A scan uses no network and writes nothing into the folder it reads.",
  },

  ready: {
    title: "Ready to scan",
    history: "Read the whole git history too",
    historyMeaning: "A key that was deleted from the files is still in the history, and still works.",
    scan: "Scan",
    another: "Choose another folder",
  },

  scan: {
    title: "Scan",
    running: "Scanning",
    again: "Scan again",
    cancel: "Cancel",
    cancelling: "Stopping…",
    finished: (duration: string) => `Finished in ${duration}`,
    complete: "Complete",
    completeMeaning: "Every input was read.",
    incomplete: "Incomplete",
    incompleteMeaning: (n: number) => `${count(n, "input was", "inputs were")} not fully read. Everything else was.`,
    cancelled: "Cancelled",
    cancelledMeaning: "What was found until then is kept. The rest was not read.",
    failed: "The scan stopped",
    show: "Show identities",
    files: "Files",
    bytes: "Read",
    blobs: "Blobs",
    commits: "Commits",
    findings: "Findings",
    rate: "Rate",
    perSecond: (bytes: string) => `${bytes}/s`,
    rateText: (bytes: string) => `Reading rate over the last minute, now ${bytes} a second`,
    current: "Reading",
    found: "Found so far",
    foundAll: "Found",
    newestFirst: "newest first",
    newest: (shown: number, all: number) => `the newest ${number.format(shown)} of ${number.format(all)}`,
    judged: (n: number) => `while reading; ${number.format(n)} more by judging what was read`,
    nothingYet: "Nothing yet.",
    nothingFound: "Nothing found in what was read.",
    notRead: "Not read",
    notReadNone: "Everything so far was read.",
    live: (findings: number, files: number) => `${count(findings, "finding", "findings")} in ${count(files, "file", "files")}`,
  },

  unread: {
    title: "Not read",
    none: "Every input was read completely.",
    meaning: "These inputs were not fully read, so what they hold is unknown. Everything else was read.",
    more: (n: number) => `and ${count(n, "more input", "more inputs")}, all named by \`tenure scan\``,
    close: "Close",
    states: readStates,
  },

  identities: {
    title: "Identities",
    filter: "Filter by name, platform id, kind or owner",
    filterLabel: "Filter identities",
    clear: "Clear the filter",
    table: "Machine identities, by risk",
    columns: { risk: "Risk", name: "Identity", tenure: "Tenure", owner: "Owner", readiness: "Readiness", band: "Band" },
    sorted: { ascending: "ascending", descending: "descending" },
    figures: {
      identities: "Identities",
      withoutOwner: "Without an owner",
      neverExpire: "No known end",
      ready: "Ready now",
      standing: "Standing h/year",
      avoidable: "Avoidable",
    },
    figureMeanings: {
      identities: "Machine identities in the inventory.",
      withoutOwner: "Nobody is named, two sources disagree, or nobody answers any more.",
      neverExpire: "With a credential that never expires, or of which no end is known.",
      ready: "Nothing stands in the way of short-lived access. Not assessed identities are not counted.",
      standing: "Hours a year in which these credentials can be used, whether or not anybody needs them.",
      avoidable: "Hours of them that short-lived access would take away.",
    },
    shown: (shown: number, total: number) =>
      shown === total ? count(total, "identity", "identities") : `${number.format(shown)} of ${count(total, "identity", "identities")}`,
    none: "No machine identity was found.",
    noneMeaning: "Scan a folder that holds repositories, workflows or cloud exports.",
    noMatch: "No identity matches this filter.",
    loading: "Loading",
    position: (index: number, total: number) => `${number.format(index)} of ${number.format(total)}`,
    next: "Next identity",
    previous: "Previous identity",
    open: "Open page",
    back: "All identities",
    close: "Close",
    resize: "Width of the detail pane",
    pane: "Identity details",
    pick: "Pick an identity to see what it is, why it matters and how to end its standing access.",
    gone: (when: string) => `No longer seen since ${when}`,
    in: (place: string) => ` · ${place}`,
  },

  legend: {
    label: "Legend",
    lastUse: "last use",
    now: "now",
    never: "no expiry",
    unknown: "unknown",
    cap: "cap of a gate",
  },

  risk: {
    bands: riskBands,
    severities,
    text: (band: RiskBand, score: number) => `${riskBands[band]} risk, ${score} of 100`,
    short: (band: RiskBand, score: number) => `${riskBands[band]} ${score}`,
    title: "Risk",
    parts: riskParts,
    partsMax: { exposure: 25, life: 20, privilege: 25, spread: 15, orphan: 15 } satisfies Record<keyof RiskParts, number>,
    of: (points: number, most: number) => `${points} of ${most}`,
  },

  tenure: {
    none: "no credential seen",
    sessions: "short-lived sessions only",
    more: (n: number) => `and ${count(n, "more credential", "more credentials")}`,
    created: (when: string) => `created ${when}`,
    createdUnknown: "age unknown",
    expires: (when: string) => `expires ${when}`,
    expired: (when: string) => `expired ${when}`,
    never: "never expires",
    endUnknown: "end unknown",
    lives: (span: string) => `lives ${span}`,
    lastUsed: (when: string) => `last used ${when}`,
    neverUsed: "never used",
    useUnknown: "last use unknown",
    axis: "Time axis: five years ago, one year ago, now, in one year",
    marks: { "-1826": "5 y", "-365": "1 y", "-30": "30 d", "0": "now", "365": "in 1 y" } as Record<string, string>,
    states: credentialStates,
    copies: (n: number) => count(n, "place holds a copy", "places hold a copy"),
    rotated: (when: string) => `rotated ${when}`,
  },

  readiness: {
    title: "Readiness",
    bands,
    bandMeanings,
    score: (score: number) => `Readiness ${score} of 100`,
    atBest: (ceiling: string) => `at best ${ceiling}`,
    atBestMeaning: "The score if every unknown turned out well, before the caps of the gates.",
    capped: (cap: number) => `capped at ${cap}`,
    cappedBy: (cap: number, gate: string) => `capped at ${cap} by ${gate}`,
    unknown: (names: string[]) => `unknown: ${join(names)}`,
    confidence: (share: string) => `${share} of the weight is known and proven`,
    factor: "Factor",
    evidence: "Evidence",
    points: "Points",
    noEvidence: "nothing known",
    unknownValue: "unknown",
    unknownWorth: "no points until it is known",
    of: (points: string, weight: number) => `${points} of ${weight}`,
    gates: "What caps it",
    gate: (id: string, cap: number) => `${id}, no more than ${cap}`,
    cap: (cap: number) => `≤ ${cap}`,
    opens: "Opens when",
    pattern: "Becomes",
    patterns,
    next: "Cheapest next step",
    model: (version: string) => `model ${version}`,
  },

  owner: {
    title: "Owner",
    nobody: "nobody",
    unknown: "unknown",
    states: ownerStates,
    meanings: ownerMeanings,
    sources: ownerSources,
    confidence: (share: string) => `confidence ${share}`,
    inactive: "no longer active",
    noBasis: "No file, tag or authorship names anybody.",
    noEvidence: "no evidence",
  },

  detail: {
    why: "Why it matters",
    evidence: "Evidence",
    evidenceNone: "Known only from an export; no copy was found in files or history.",
    evidenceLoading: "Loading the evidence…",
    credentials: "Credentials",
    credentialsNone: "No credential of this identity was seen.",
    consumers: "Used by",
    consumersNone: "No automated user was found.",
    madeBy: "What made it",
    privilege: "Privilege",
    grants: (n: number) => count(n, "grant", "grants"),
    readMore: (n: number) => `Show ${number.format(n)} more`,
    plan: "Plan",
    planMigration: "Plan migration",
    copyLocation: "Copy location",
    copied: (text: string) => `Copied ${text}`,
    copyFailed: "The location could not be copied. Select it and copy it by hand.",
    line: (n: number) => `line ${n}`,
    alsoAt: (n: number) => `and ${count(n, "more place", "more places")}`,
    commit: (id: string) => `commit ${id}`,
    fates,
    masked: "The value is masked. Tenure never stores or shows it.",
    job: (name: string) => `job ${name}`,
    environment: (name: string) => `environment ${name}`,
    noEnvironment: "no environment",
    as: (name: string) => `as ${name}`,
    runs: (n: number) =>
      n >= 1 ? `${count(Math.round(n), "run", "runs")} a day` : `${count(Math.max(1, Math.round(n * 7)), "run", "runs")} a week`,
    onEvent: (events: string[]) => `on ${join(events)}`,
    timeout: (minutes: number) => `at most ${count(minutes, "minute", "minutes")}`,
    noTimeout: "no time limit",
    selfHosted: "self-hosted runner",
    through: (action: string) => `through ${action}`,
    levels: privilegeLevels,
    pathStates,
    archetypes,
    error: "This identity could not be loaded.",
  },

  plan: {
    lane: (label: string) => `Lane: ${label}`,
    quadrants: {
      migrate_first: "migrate first",
      contain_now: "contain now, then redesign",
      batch: "batch",
      track: "track",
    },
    none: "There is no plan for this identity yet.",
    noRecipe: "No recipe fits this identity yet. The next step comes first.",
    hours: (standing: string, avoidable: string) => `${standing} standing hours a year, ${avoidable} of them avoidable`,
    trigger: "Starts",
    timeLimit: "Lives",
    teardown: "Ends",
    conditions: "Only if",
    prerequisites: "First",
    removal: "How the old credential ends",
    warnings: "What could go wrong",
    artifacts: "To review",
    artifactKinds: {
      workflow_patch: "change to the workflow",
      trust_policy: "trust policy",
      broker_policy: "broker policy",
      broker_role: "broker role",
      permission_policy: "permission policy",
      removal: "removal of the old credential",
      notes: "notes",
    } as Record<string, string>,
    added: "added",
    removed: "removed",
    nothingChanged: "Nothing is changed yet. This is what a person would review and merge.",
  },

  why: {
    life: {
      never: "that never expires",
      shortLived: (span: string) => `that lives ${span}`,
      until: (span: string) => `that stays valid for another ${span}`,
      unknown: "with no known end",
      spent: "that no longer opens anything",
    },
    power: {
      admin: "can do everything in its account",
      escalates: (path: string | null) => `can make itself administrator${path === null ? "" : ` (${path})`}`,
      wide: "reaches far beyond one task",
      scoped: "can change the few things that it is named for",
      read: "can read the few things that it is named for",
      unknown: "has rights that nobody has told us",
    } satisfies Record<PrivilegeLevel, string | ((path: string | null) => string)>,
    subject: (credential: string, life: string, power: string) => `${credential} ${life} ${power}.`,
    lies: (places: string[]) => `It lies in ${join(places)}`,
    history: "git history",
    files: (n: number) => count(n, "file", "files"),
    copies: (n: number) => count(n, "place", "places"),
    used: (n: number) => `${count(n, "automated user relies", "automated users rely")} on it`,
    usedAlone: (n: number) => `${count(n, "automated user relies", "automated users rely")} on it.`,
    and: (first: string, second: string) => `${first}, and ${second}.`,
    only: (first: string) => `${first}.`,
    nobody: "Nobody answers for it any more.",
    noOwner: "No owner is known.",
    contested: "Two sources disagree about its owner.",
    unused: (span: string) => `It has not been used for ${span}.`,
    noCredential: (kind: string, power: string) => `${kind} of which no standing credential was seen ${power}.`,
  },

  errors: {
    title: "Something did not work",
    unaffected: "What was found before is unaffected.",
    again: "Try again",
    dismiss: "Close this message",
    unreachable: "The application did not answer. Close it and start it again; the inventory is kept.",
  },

  keys: {
    title: "Keys",
    filter: "Filter",
    next: "Next identity",
    previous: "Previous identity",
    open: "Open the identity's page",
    back: "Back",
    plan: "Plan migration",
    copy: "Copy location",
    unread: "What was not read",
    theme: "Light, dark or as the system",
    scanView: "Scan",
    identitiesView: "Identities",
    choose: "Choose folder",
    start: "Start the scan",
    cancel: "Cancel the scan",
    help: "This list",
  },
};
