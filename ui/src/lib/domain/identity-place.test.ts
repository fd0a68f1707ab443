import { expect, it } from "vitest";
import type { Identity } from "../bindings";
import { IDENTITIES } from "../mock/identities";
import { job } from "../mock/build";
import { placeOf } from "./identity-place";

const at = (root: string, path: string): Identity => ({ ...(IDENTITIES[0] as Identity), consumers: [job(root, path, 1, "deploy", {})] });

it("is the repository of the first workflow, also where many repositories are scanned at once", () => {
  expect(placeOf(at("/srv/acme", "payments/.github/workflows/deploy.yml"))).toBe("payments");
  expect(placeOf(at("/srv/acme/payments", ".github/workflows/deploy.yml"))).toBe("payments");
});

it("is unknown where nobody uses it, or the folder has no name", () => {
  expect(placeOf({ ...(IDENTITIES[0] as Identity), consumers: [] })).toBeNull();
  expect(placeOf(at(".", "k8s/runner.yaml"))).toBeNull();
});
