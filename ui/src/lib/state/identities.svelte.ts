// The table's data: a window onto a list that lies in the inventory, loaded page by page.

import type { CommandError, Figures, Identity, IdentityQuery, IdentitySort } from "../bindings";
import { commandError, type Backend } from "../ipc";
import { t } from "../locale/en";

/** Rows per call. */
export const PAGE_ROWS = 100;
/** Pages kept; the oldest goes first. */
const PAGES_MAX = 30;
/** Typing pauses this long before the inventory is asked. */
const TYPING_MS = 120;

const EVERYTHING: IdentityQuery = {
  text: null,
  kinds: [],
  providers: [],
  owner_states: [],
  risk_bands: [],
  readiness_bands: [],
  with_gone: false,
  sort: "risk",
  reversed: false,
  limit: PAGE_ROWS,
  offset: 0,
};

export class IdentityList {
  text = $state("");
  sort = $state<IdentitySort>("risk");
  /** Numbers come down and names go from A, unless this is set. */
  reversed = $state(false);
  total = $state(0);
  /** Of the whole inventory, whatever the filter. */
  figures = $state.raw<Figures | null>(null);
  error = $state.raw<CommandError | null>(null);
  loaded = $state(false);
  private pages = $state.raw<ReadonlyMap<number, Identity[]>>(new Map());

  private readonly pending = new Set<number>();
  /** Answers to an older question are thrown away. */
  private question = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Backend) {}

  row(index: number): Identity | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** The index of a loaded row. */
  indexOf(id: string): number | null {
    for (const [page, rows] of this.pages) {
      const within = rows.findIndex((row) => row.id === id);
      if (within >= 0) return page * PAGE_ROWS + within;
    }
    return null;
  }

  /** The row at an index, loaded first where it must be. */
  async at(index: number): Promise<Identity | undefined> {
    if (this.row(index) === undefined && index < this.total) await this.load(Math.floor(index / PAGE_ROWS), false);
    return this.row(index);
  }

  /** Asks anew: the question has changed, or the inventory. */
  async reload(): Promise<void> {
    this.question += 1;
    this.pending.clear();
    await this.load(0, true);
  }

  filter(text: string): void {
    this.text = text;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => void this.reload(), TYPING_MS);
  }

  /** Sorts by a column; the same column again turns the order round. */
  async sortBy(sort: IdentitySort): Promise<void> {
    this.reversed = this.sort === sort && !this.reversed;
    this.sort = sort;
    await this.reload();
  }

  /** Makes sure that these rows are loaded or on their way. */
  ensure(first: number, last: number): void {
    for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page += 1) {
      if (!this.pages.has(page) && !this.pending.has(page)) void this.load(page, false);
    }
  }

  private async load(page: number, fresh: boolean): Promise<void> {
    const question = this.question;
    this.pending.add(page);
    const { sort, reversed } = this;
    const query = { ...EVERYTHING, text: this.text.trim() || null, sort, reversed, offset: page * PAGE_ROWS };
    try {
      const answer = await this.backend.identities(query);
      if (question !== this.question) return;
      const kept = fresh ? [] : [...this.pages].slice(-(PAGES_MAX - 1));
      this.pages = new Map([...kept, [page, answer.identities]]);
      this.total = answer.total;
      this.error = null;
    } catch (cause) {
      if (question === this.question) this.error = commandError(cause, t.errors.unreachable);
    } finally {
      if (question === this.question) this.pending.delete(page);
      this.loaded = true;
    }
  }
}
