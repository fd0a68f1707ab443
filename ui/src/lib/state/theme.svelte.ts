// Light, dark, or as the system says; kept on this machine.

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "tenure.theme";

function kept(): Theme {
  const value = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === value) ?? "system";
}

class ThemeChoice {
  value = $state<Theme>(kept());

  /** Puts the choice on the document; `system` leaves it to the media query. */
  apply(): void {
    const root = document.documentElement;
    root.toggleAttribute("data-switching", true);
    if (this.value === "system") root.removeAttribute("data-theme");
    else root.dataset["theme"] = this.value;
    // Two frames: the new colours are drawn in the first, and only then may anything move again.
    requestAnimationFrame(() => requestAnimationFrame(() => root.toggleAttribute("data-switching", false)));
  }

  next(): void {
    this.value = THEMES[(THEMES.indexOf(this.value) + 1) % THEMES.length] ?? "system";
    localStorage.setItem(KEY, this.value);
    this.apply();
  }
}

export const theme = new ThemeChoice();
