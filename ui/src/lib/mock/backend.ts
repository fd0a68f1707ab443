// A backend without a shell, for the browser: invented identities, and a scan that takes its time.
//
// The address decides what it shows: `?rows=N` repeats the identities, `?inventory=empty` starts with nothing,
// `?pace=MS` is the time between two steps of a scan.

import type { Figures, Identity, IdentityPage, IdentityQuery, IdentitySort, ScanEvent, ScanSummary, Unread } from "../bindings";
import type { Backend } from "../ipc";
import { FINDINGS, IDENTITIES } from "./identities";
import { planOf } from "./plans";

const UNREAD: Unread[] = [
  { path: "/srv/acme/payments/.git!objects/pack/pack-8d1f.pack", state: "partial", reason: "pack_damaged", detail: "An object at offset 1,204,551 does not inflate; 41 objects after it were not read." },
  { path: "/srv/acme/data/dumps/2024.sql", state: "partial", reason: "file_too_large", detail: "The first 64 MB were read, 2.1 GB were not." },
  { path: "/srv/acme/infra/secrets.key", state: "failed", reason: "permission_denied", detail: "The file may not be opened by this user." },
];

const FILES = 18_204;
const BYTES = 412_000_000;
const BLOBS = 96_310;
const COMMITS = 21_977;
const STEPS = 60;

const PATHS = ["payments/src/ledger/journal.ts", "payments/.git!objects/pack/pack-8d1f.pack", "infra/terraform/network/main.tf", "data/etl/jobs/nightly.py", "web/packages/design-system/src/button.tsx"];

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function repeated(rows: number): Identity[] {
  return Array.from({ length: rows }, (_, index) => {
    const original = IDENTITIES[index % IDENTITIES.length] as Identity;
    if (index < IDENTITIES.length) return original;
    return { ...original, id: `${original.id}-${index}`, name: `${original.name}-${index}` };
  });
}

/** Numbers come down and names go from A. */
const ORDERS: Record<IdentitySort, (a: Identity, b: Identity) => number> = {
  risk: (a, b) => b.risk.score - a.risk.score,
  readiness: (a, b) => b.readiness.score - a.readiness.score,
  name: (a, b) => a.name.localeCompare(b.name),
  kind: (a, b) => a.kind.localeCompare(b.kind),
  owner: (a, b) => (a.owner.name ?? "~").localeCompare(b.owner.name ?? "~"),
  first_seen: (a, b) => (a.first_seen_at ?? "").localeCompare(b.first_seen_at ?? ""),
};

function figures(all: Identity[]): Figures {
  const plans = all.map(planOf);
  return {
    identities: all.length,
    without_owner: all.filter(({ owner }) => ["unknown", "orphaned", "contested"].includes(owner.state)).length,
    never_expire: all.filter(({ credentials }) => credentials.some((credential) => credential.expires_at === null)).length,
    ready_now: all.filter(({ readiness }) => readiness.band === "ready_now").length,
    standing_hours_per_year: plans.reduce((sum, plan) => sum + plan.standing_hours_per_year, 0),
    avoidable_hours_per_year: plans.reduce((sum, plan) => sum + plan.avoidable_hours_per_year, 0),
  };
}

function page(all: Identity[], query: IdentityQuery): IdentityPage {
  const wanted = query.text?.toLowerCase() ?? "";
  const fits = ({ name, native_id, kind, owner }: Identity) => [name, native_id, kind, owner.name].some((text) => text?.toLowerCase().includes(wanted));
  const matching = wanted === "" ? [...all] : all.filter(fits);
  const order = ORDERS[query.sort];
  matching.sort((a, b) => (query.reversed ? order(b, a) : order(a, b)));
  return { total: matching.length, identities: matching.slice(query.offset, query.offset + query.limit) };
}

class Mock implements Backend {
  private readonly all: Identity[];
  private readonly pace: number;
  private cancelled = false;
  private last: ScanSummary | null;

  constructor(params: URLSearchParams) {
    const rows = Number(params.get("rows") ?? IDENTITIES.length);
    const empty = params.get("inventory") === "empty";
    this.pace = Number(params.get("pace") ?? 60);
    this.all = repeated(rows);
    this.last = empty ? null : this.summarise(["/srv/acme"], false, 1, 4_200);
  }

  private summarise(roots: string[], cancelled: boolean, share: number, tookMs: number): ScanSummary {
    const end = Date.now() - (this.last === undefined ? 14 * 60_000 : 0);
    return {
      id: "s_5e1f",
      started_at: new Date(end - tookMs).toISOString(),
      finished_at: new Date(end).toISOString(),
      roots,
      complete: false,
      cancelled,
      counts: {
        files: Math.round(FILES * share),
        bytes: Math.round(BYTES * share),
        blobs: Math.round(BLOBS * share),
        commits: Math.round(COMMITS * share),
        findings: FINDINGS.length,
        identities: this.all.length,
        cached_blobs: 0,
      },
      unread: UNREAD,
      configurations: [],
    };
  }

  launchFolder = async () => null;
  chooseFolder = async () => "/srv/acme";
  onDrop = async () => () => {};
  makeDemo = async () => ["/tmp/tenure-demo/payments", "/tmp/tenure-demo/exports"];

  scan = async (request: { paths: string[] }, onEvents: (events: ScanEvent[]) => void): Promise<ScanSummary> => {
    this.cancelled = false;
    const begun = Date.now();
    onEvents([{ event: "started", roots: request.paths }]);
    let step = 0;
    while (step < STEPS && !this.cancelled) {
      await sleep(this.pace);
      step += 1;
      onEvents(this.eventsOf(step));
    }
    this.last = this.summarise(request.paths, this.cancelled, step / STEPS, Date.now() - begun);
    onEvents([{ event: "finished", summary: this.last }]);
    return this.last;
  };

  private eventsOf(step: number): ScanEvent[] {
    const share = step / STEPS;
    const events: ScanEvent[] = [];
    const found = (until: number) => Math.floor(until * FINDINGS.length);
    for (const finding of FINDINGS.slice(found((step - 1) / STEPS), found(share))) events.push({ event: "finding", finding });
    const unread = step % 18 === 0 ? UNREAD[step / 18 - 1] : undefined;
    if (unread !== undefined) events.push({ event: "unread", unread });
    const wobble = 1 + 0.02 * Math.sin(step * 1.7);
    const counts = {
      files: Math.round(FILES * share),
      bytes: Math.round(BYTES * share * wobble),
      blobs: Math.round(BLOBS * share),
      commits: Math.round(COMMITS * share),
      findings: found(share),
      identities: 0,
      cached_blobs: 0,
    };
    events.push({ event: "progress", counts, current: PATHS[step % PATHS.length] ?? "" });
    return events;
  }

  cancelScan = async () => {
    this.cancelled = true;
  };
  overview = async () => ({ figures: figures(this.last === null ? [] : this.all), last_scan: this.last });
  identities = async (query: IdentityQuery) => page(this.last === null ? [] : this.all, query);
  identity = async (id: string) => {
    const identity = this.all.find((candidate) => candidate.id === id);
    if (identity === undefined) throw { code: "not_found", message: "This identity is not in the inventory." };
    const original = id.split("-")[0];
    return { identity, findings: FINDINGS.filter((finding) => finding.identity_id === original), plan: planOf(identity), made_by: madeBy(identity) };
  };
}

export function mockBackend(search: string = location.search): Backend {
  return new Mock(new URLSearchParams(search));
}

/** What the infrastructure's code says of a user of it. */
function madeBy(identity: Identity): string[] {
  return identity.kind === "aws_iam_user" ? [`aws_iam_user.${identity.name.replaceAll("-", "_")} in infra/iam.tf:14`] : [];
}
