// What all views share, handed down by context so that a test can hand down its own.

import { createContext } from "svelte";
import { commandError, type Backend } from "../ipc";
import { t } from "../locale/en";
import { IdentityList } from "./identities.svelte";
import { ScanSession } from "./scan.svelte";

export class AppState {
  readonly list: IdentityList;
  readonly scan: ScanSession;
  unreadOpen = $state(false);
  keysOpen = $state(false);

  constructor(readonly backend: Backend) {
    this.list = new IdentityList(backend);
    this.scan = new ScanSession(backend, () => this.refresh());
  }

  /** Reads the inventory anew: figures, last scan, first page. */
  async refresh(): Promise<void> {
    await Promise.all([this.list.reload(), this.look()]);
  }

  private async look(): Promise<void> {
    try {
      const overview = await this.backend.overview();
      this.list.figures = overview.figures;
      this.scan.remember(overview);
    } catch (cause) {
      this.list.error = commandError(cause, t.errors.unreachable);
    }
  }
}

const [useApp, provideApp] = createContext<AppState>();
export { provideApp, useApp };
