// The one place that reads the clock; everything that is relative to now takes it from here.

import { MINUTE_MS } from "../format";

class Clock {
  now = $state(Date.now());

  /** Ticks once a minute until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
