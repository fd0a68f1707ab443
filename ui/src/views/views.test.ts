// The views against the mock, as somebody uses them with the keyboard and a screen reader.

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import App from "../App.svelte";
import type { Backend } from "../lib/ipc";
import { mockBackend } from "../lib/mock/backend";
import { clock } from "../lib/state/clock.svelte";
import { router } from "../lib/state/route.svelte";

function show(hash: string, query = "", change: Partial<Backend> = {}) {
  location.hash = hash;
  router.swap(hash === "#/scan" ? { view: "scan" } : { view: "identities", id: null });
  const backend = Object.assign(mockBackend(`?${query}`), change);
  render(App, { backend });
  return backend;
}

beforeEach(() => {
  clock.now = Date.parse("2026-11-22T09:41:00Z");
});

const names = (): (string | null | undefined)[] =>
  within(screen.getByRole("grid")).getAllByRole("row").slice(1).map((row) => row.querySelector(".main")?.textContent);

describe("the table of identities", () => {
  it("shows the most urgent first and opens its pane", async () => {
    show("#/identities");
    expect(await screen.findByRole("grid", { name: "Machine identities, by risk" })).toBeDefined();
    await waitFor(() => expect(names()[0]).toBe("svc-payments-deploy"));
    expect(await screen.findByText(/can make itself administrator \(lambda-001\)/)).toBeDefined();
    expect(screen.getByRole("columnheader", { name: /Risk/ }).getAttribute("aria-sort")).toBe("descending");
  });

  it("counts what matters", async () => {
    show("#/identities");
    const figure = async (label: string) => (await screen.findByText(label, { selector: "dt" })).nextElementSibling?.textContent;
    expect(await figure("Identities")).toBe("12");
    expect(await figure("Without an owner")).toBe("3");
    expect(await figure("Ready now")).toBe("3");
  });

  it("walks with j and k and opens the page with Enter", async () => {
    show("#/identities");
    await screen.findByText("1 of 12");
    await fireEvent.keyDown(window, { key: "j" });
    await screen.findByText("2 of 12");
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-rowindex")).toBe("3"));
    await fireEvent.keyDown(window, { key: "k" });
    await screen.findByText("1 of 12");
    await fireEvent.keyDown(window, { key: "Enter" });
    expect(await screen.findByRole("button", { name: "All identities" })).toBeDefined();
    await fireEvent.keyDown(window, { key: "Escape" });
    expect(await screen.findByRole("grid")).toBeDefined();
  });

  it("has one row that Tab reaches", async () => {
    show("#/identities");
    await screen.findByText("1 of 12");
    const reached = within(screen.getByRole("grid")).getAllByRole("row").filter((row) => row.getAttribute("tabindex") === "0");
    expect(reached).toHaveLength(1);
  });

  it("filters, says how many are left, and takes the filter back", async () => {
    show("#/identities");
    await screen.findByText("1 of 12");
    await fireEvent.keyDown(window, { key: "/" });
    const field = screen.getByRole("textbox", { name: "Filter identities" });
    expect(document.activeElement).toBe(field);
    await fireEvent.input(field, { target: { value: "svc-" } });
    expect(await screen.findByText("1 of 12 identities")).toBeDefined();
    await fireEvent.input(field, { target: { value: "no such thing" } });
    expect(await screen.findByText("No identity matches this filter.")).toBeDefined();
    await fireEvent.keyDown(field, { key: "Escape" });
    await waitFor(() => expect(names()).toHaveLength(12));
  });

  it("sorts by a column, and the other way round", async () => {
    show("#/identities");
    await screen.findByText("1 of 12");
    await fireEvent.click(screen.getByRole("button", { name: /^Identity/ }));
    await waitFor(() => expect(names()[0]).toBe("backup-signer"));
    await fireEvent.click(screen.getByRole("button", { name: /^Identity/ }));
    await waitFor(() => expect(names()[0]).toBe("terraform-ci"));
  });

  it("holds only the visible rows of a hundred thousand", async () => {
    show("#/identities", "rows=100000");
    await waitFor(() => expect(names().length).toBeGreaterThan(10));
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("100001");
    expect(names().length).toBeLessThan(60);
  });

  it("says what to do when the inventory does not answer", async () => {
    show("#/identities", "", { identities: () => Promise.reject({ code: "inventory_damaged", message: "The inventory is damaged. Take it from a copy." }) });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The inventory is damaged. Take it from a copy.");
    expect(within(alert).getByRole("button", { name: "Try again" })).toBeDefined();
  });
});

describe("an identity's page", () => {
  it("shows evidence masked, owner with basis, factors, gates, users and the plan", async () => {
    show("#/identities");
    await screen.findByText("1 of 12");
    await fireEvent.keyDown(window, { key: "Enter" });
    expect(await screen.findByText("AWS access key id in a script")).toBeDefined();
    expect(screen.getAllByText("AKIA****").length).toBeGreaterThan(0);
    expect(screen.getByText("CODEOWNERS", { selector: ".source" })).toBeDefined();
    expect(screen.getByText("G-ADMIN-HOURLY")).toBeDefined();
    expect(within(screen.getByRole("table")).getAllByRole("row")).toHaveLength(11);
    expect(screen.getByText("reconcile", { selector: "b" })).toBeDefined();
    expect(screen.getByText("aws_iam_user.svc_payments_deploy in infra/iam.tf:14")).toBeDefined();
    expect(screen.getByText("The session ends by itself; nothing is kept after the job")).toBeDefined();
    expect(screen.getByRole("group", { name: "payments/deploy.yml.patch" }).textContent).toContain("added: +      id-token: write");
  });

  it("takes the focus to the plan", async () => {
    show("#/identities");
    await screen.findByText("AWS access key id in a script");
    await fireEvent.click(screen.getByRole("button", { name: /Plan migration/ }));
    expect(document.activeElement?.textContent).toBe("Plan");
  });

  it("copies a place and never a value", async () => {
    const writeText = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { clipboard: { writeText } }));
    show("#/identities");
    await screen.findByText("AWS access key id in a script");
    await fireEvent.keyDown(window, { key: "c" });
    await screen.findByText("Copied scripts/release.sh:12");
    expect(writeText).toHaveBeenCalledWith("scripts/release.sh:12");
    vi.unstubAllGlobals();
  });
});

describe("a scan", () => {
  it("begins with one sentence, a choice and a promise", async () => {
    show("#/scan", "inventory=empty&pace=1");
    expect(await screen.findByRole("heading", { level: 1 })).toBeDefined();
    expect(screen.getByRole("button", { name: /Choose folder/ })).toBeDefined();
    expect(screen.getByRole("button", { name: "Open demo data" })).toBeDefined();
    expect(screen.getByText(/Nothing leaves this machine/)).toBeDefined();
  });

  it("runs on what was chosen and ends with what was not read", async () => {
    show("#/scan", "inventory=empty&pace=1");
    await fireEvent.click(await screen.findByRole("button", { name: /Choose folder/ }));
    expect(((await screen.findByRole("checkbox", { name: /git history/ })) as HTMLInputElement).checked).toBe(true);
    await fireEvent.click(screen.getByRole("button", { name: /^Scan/ }));
    expect(await screen.findByText("Incomplete")).toBeDefined();
    expect(screen.getByText("18,204")).toBeDefined();
    expect(screen.getByRole("button", { name: "3 inputs not read" })).toBeDefined();
    await fireEvent.keyDown(window, { key: "u" });
    expect(within(screen.getByRole("dialog")).getByText("The file may not be opened by this user.")).toBeDefined();
  });

  it("keeps what was found when it is cancelled, and says so", async () => {
    show("#/scan", "inventory=empty&pace=20");
    await fireEvent.click(await screen.findByRole("button", { name: /Choose folder/ }));
    await fireEvent.click(await screen.findByRole("button", { name: /^Scan/ }));
    await screen.findByText("AWS access key id in a script");
    await fireEvent.click(screen.getByRole("button", { name: /Cancel/ }));
    expect(await screen.findByText("Cancelled")).toBeDefined();
    expect(screen.getByText("AWS access key id in a script")).toBeDefined();
    expect(screen.getByRole("button", { name: /Show identities/ })).toBeDefined();
  });

  it("that fails says what happened and offers another try", async () => {
    show("#/scan", "inventory=empty&pace=1", { scan: () => Promise.reject({ code: "not_found", message: "/srv/acme does not exist." }) });
    await fireEvent.click(await screen.findByRole("button", { name: /Choose folder/ }));
    await fireEvent.click(await screen.findByRole("button", { name: /^Scan/ }));
    expect((await screen.findByRole("alert")).textContent).toContain("/srv/acme does not exist.");
  });

  it("takes a folder named on the command line", async () => {
    show("#/scan", "inventory=empty&pace=1", { launchFolder: async () => "/srv/acme/payments" });
    expect(await screen.findByText("Ready to scan")).toBeDefined();
    expect(screen.getByTitle("/srv/acme/payments")).toBeDefined();
  });
});
