// One scan as the desktop sees it: what was chosen, what happens, what came out.

import type { CommandError, Counts, Finding, Overview, ScanEvent, ScanSummary, Unread } from "../bindings";
import { commandError, type Backend } from "../ipc";
import { t } from "../locale/en";

/** Findings that the live list keeps; all of them are in the inventory. */
export const FINDINGS_SHOWN_MAX = 200;
/** Points of the rate's line. */
export const RATE_SAMPLES_MAX = 60;
/** Time between two points of the rate. */
const RATE_EVERY_MS = 250;

export type Phase = "idle" | "ready" | "running" | "stopping" | "finished" | "failed";

const NOTHING: Counts = { files: 0, bytes: 0, blobs: 0, commits: 0, findings: 0, identities: 0, cached_blobs: 0 };

export class ScanSession {
  phase = $state<Phase>("idle");
  roots = $state.raw<string[]>([]);
  history = $state(true);
  progress = $state.raw<Counts>(NOTHING);
  current = $state("");
  /** Bytes a second, newest last. */
  rates = $state.raw<number[]>([]);
  /** Newest first. */
  findings = $state.raw<Finding[]>([]);
  unread = $state.raw<Unread[]>([]);
  /** The last scan of the inventory, from this session or an earlier one. */
  last = $state.raw<ScanSummary | null>(null);
  error = $state.raw<CommandError | null>(null);

  private sampledAt = 0;
  private sampledBytes = 0;

  constructor(
    private readonly backend: Backend,
    /** Called when the inventory has changed. */
    private readonly onChanged: () => Promise<void>,
  ) {}

  get running(): boolean {
    return this.phase === "running" || this.phase === "stopping";
  }

  get rate(): number {
    return this.rates.at(-1) ?? 0;
  }

  /** What was not read: of this scan while there is one, else of the last one. */
  get notRead(): Unread[] {
    return this.phase === "idle" || this.phase === "ready" ? (this.last?.unread ?? []) : this.unread;
  }

  /** What the inventory remembers. */
  remember({ last_scan }: Overview): void {
    this.last = last_scan;
  }

  async restore(): Promise<void> {
    await this.guard(async () => {
      const folder = await this.backend.launchFolder();
      if (folder !== null) this.ready([folder]);
    });
  }

  /** Takes these folders for the next scan. */
  ready(paths: string[]): void {
    if (this.running || paths.length === 0) return;
    this.roots = paths;
    this.phase = "ready";
    this.error = null;
  }

  async choose(): Promise<void> {
    if (this.running) return;
    await this.guard(async () => {
      const folder = await this.backend.chooseFolder(t.empty.choose);
      if (folder !== null) this.ready([folder]);
    });
  }

  async demo(): Promise<void> {
    if (this.running) return;
    await this.guard(async () => {
      this.ready(await this.backend.makeDemo());
      await this.start();
    });
  }

  async start(): Promise<void> {
    if (this.running || this.roots.length === 0) return;
    this.clear();
    this.phase = "running";
    try {
      const summary = await this.backend.scan({ paths: this.roots, history: this.history }, (events) => this.take(events));
      this.finish(summary);
    } catch (cause) {
      this.error = commandError(cause, t.errors.unreachable);
      this.phase = "failed";
    }
    await this.onChanged();
  }

  async cancel(): Promise<void> {
    if (this.phase !== "running") return;
    this.phase = "stopping";
    await this.guard(() => this.backend.cancelScan());
  }

  private clear(): void {
    this.progress = NOTHING;
    this.current = "";
    this.rates = [];
    this.findings = [];
    this.unread = [];
    this.error = null;
    this.sampledAt = performance.now();
    this.sampledBytes = 0;
  }

  private take(events: ScanEvent[]): void {
    const found: Finding[] = [];
    const unread: Unread[] = [];
    for (const event of events) {
      if (event.event === "finding") found.push(event.finding);
      else if (event.event === "unread") unread.push(event.unread);
      else if (event.event === "progress") this.advance(event);
    }
    if (found.length > 0) this.findings = [...found.reverse(), ...this.findings].slice(0, FINDINGS_SHOWN_MAX);
    if (unread.length > 0) this.unread = [...this.unread, ...unread];
  }

  private advance(event: Extract<ScanEvent, { event: "progress" }>): void {
    const { bytes } = event.counts;
    this.progress = event.counts;
    this.current = event.current;
    const now = performance.now();
    const elapsed = now - this.sampledAt;
    if (elapsed < RATE_EVERY_MS) return;
    const rate = Math.max(0, ((bytes - this.sampledBytes) / elapsed) * 1000);
    this.rates = [...this.rates, rate].slice(-RATE_SAMPLES_MAX);
    this.sampledAt = now;
    this.sampledBytes = bytes;
  }

  private finish(summary: ScanSummary): void {
    this.last = summary;
    this.progress = summary.counts;
    this.unread = summary.unread;
    this.current = "";
    this.phase = "finished";
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      this.error = commandError(cause, t.errors.unreachable);
    }
  }
}
