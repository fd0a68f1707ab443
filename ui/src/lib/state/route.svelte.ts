// Which view is shown, kept in the address's fragment so that going back and reloading work.

/** `#/scan`, `#/identities`, `#/identities/<id>` (pane), `#/identity/<id>` (page). */
export type Route = { view: "scan" } | { view: "identities"; id: string | null } | { view: "identity"; id: string };

export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, "").split("/");
  const known = id === undefined || id === "" ? null : decodeURIComponent(id);
  if (view === "identity" && known !== null) return { view, id: known };
  if (view === "identities") return { view, id: known };
  return { view: "scan" };
}

export function routeHash(route: Route): string {
  if (route.view === "scan") return "#/scan";
  if (route.view === "identity") return `#/identity/${encodeURIComponent(route.id)}`;
  return route.id === null ? "#/identities" : `#/identities/${encodeURIComponent(route.id)}`;
}

class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  start(): () => void {
    const follow = () => (this.route = parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }

  go(route: Route): void {
    if (routeHash(route) === location.hash) return;
    this.route = route;
    location.hash = routeHash(route);
  }

  /** As `go`, but going back skips it: moving through a table leaves no trail. */
  swap(route: Route): void {
    this.route = route;
    history.replaceState(null, "", routeHash(route));
  }
}

export const router = new Router();
