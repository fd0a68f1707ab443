// The one door to the shell: every call and event of the desktop, typed. Views know `Backend` and nothing of
// Tauri, so the same page runs against the mock in a browser.

import { Channel, invoke } from "@tauri-apps/api/core";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { open } from "@tauri-apps/plugin-dialog";
import type { CommandError, IdentityDetail, IdentityPage, IdentityQuery, Overview, ScanEvent, ScanSummary } from "./bindings";

export interface ScanRequest {
  paths: string[];
  history: boolean;
}

/** What a drag over the window does. */
export type Drop = { kind: "over" } | { kind: "left" } | { kind: "dropped"; paths: string[] };

/** Everything that a view may ask for. */
export interface Backend {
  /** The folder that was named on the command line. */
  launchFolder(): Promise<string | null>;
  /** Asks the person for a folder; null when they decide not to. */
  chooseFolder(title: string): Promise<string | null>;
  /** Follows what is dragged over the window, until the returned function is called. */
  onDrop(follow: (drop: Drop) => void): Promise<() => void>;
  /** Makes the demo data and says what to scan of it. */
  makeDemo(): Promise<string[]>;
  /** Scans; resolves when it has ended, also when it was cancelled. */
  scan(request: ScanRequest, onEvents: (events: ScanEvent[]) => void): Promise<ScanSummary>;
  cancelScan(): Promise<void>;
  /** Figures of the inventory, and the last scan. */
  overview(): Promise<Overview>;
  identities(query: IdentityQuery): Promise<IdentityPage>;
  identity(id: string): Promise<IdentityDetail>;
}

const tauri: Backend = {
  launchFolder: () => invoke("launch_folder"),
  chooseFolder: (title) => open({ directory: true, multiple: false, title }),
  onDrop: (follow) =>
    getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === "drop") follow({ kind: "dropped", paths: payload.paths });
      else follow({ kind: payload.type === "leave" ? "left" : "over" });
    }),
  makeDemo: () => invoke("make_demo"),
  scan: (request, onEvents) => {
    const channel = new Channel<ScanEvent[]>();
    channel.onmessage = onEvents;
    return invoke("start_scan", { ...request, onEvents: channel });
  },
  cancelScan: () => invoke("cancel_scan"),
  overview: () => invoke("overview"),
  identities: (query) => invoke("identities", { query }),
  identity: (id) => invoke("identity", { id }),
};

/** The backend of this build: the shell, or the mock in `--mode mock`. The mock is not in the shipped bundle. */
export async function connect(): Promise<Backend> {
  if (import.meta.env.MODE === "mock") return (await import("./mock/backend")).mockBackend();
  return tauri;
}

/** Whatever a call threw, as an error that can be shown. */
export function commandError(cause: unknown, fallback: string): CommandError {
  if (typeof cause === "object" && cause !== null && "code" in cause && "message" in cause) {
    return { code: String(cause.code), message: String(cause.message) };
  }
  return { code: "unexpected", message: fallback };
}
