// One identity with its findings and its plan, loaded when it is looked at.

import type { CommandError, IdentityDetail } from "../bindings";
import { commandError, type Backend } from "../ipc";
import { t } from "../locale/en";

export class DetailLoader {
  detail = $state.raw<IdentityDetail | null>(null);
  error = $state.raw<CommandError | null>(null);
  private question = 0;

  constructor(private readonly backend: Backend) {}

  async load(id: string): Promise<void> {
    this.question += 1;
    const question = this.question;
    try {
      const detail = await this.backend.identity(id);
      if (question !== this.question) return;
      this.detail = detail;
      this.error = null;
    } catch (cause) {
      if (question !== this.question) return;
      this.detail = null;
      this.error = commandError(cause, t.detail.error);
    }
  }
}
