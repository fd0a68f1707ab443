// The keys of the desktop: what they are called in the list of keys, and when a key press counts.

import { t } from "./locale/en";

export type Action =
  | "filter"
  | "next"
  | "previous"
  | "open"
  | "back"
  | "plan"
  | "copy"
  | "unread"
  | "theme"
  | "scanView"
  | "identitiesView"
  | "choose"
  | "start"
  | "cancel"
  | "help";

/** Every action once, with its key; the list of keys and the hints on buttons are made from this. */
export const KEYS: Record<Action, string> = {
  filter: "/",
  next: "j",
  previous: "k",
  open: "Enter",
  back: "Escape",
  plan: "p",
  copy: "c",
  choose: "o",
  start: "s",
  cancel: "x",
  scanView: "1",
  identitiesView: "2",
  unread: "u",
  theme: "t",
  help: "?",
};

export const keyName = (action: Action): string => t.keys[action];

const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";
/** Where Enter already means something. */
const PRESSED_BY_ENTER = "button, a, summary, [role=separator]";

/** The action of a key press; null while someone types, holds a modifier, or a dialog is open. */
export function actionOf(event: KeyboardEvent): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const target = event.target;
  if (target instanceof Element && target.matches(FIELDS)) return null;
  if (event.key === "Enter" && target instanceof Element && target.matches(PRESSED_BY_ENTER)) return null;
  if (document.querySelector("dialog[open]") !== null) return null;
  for (const [action, key] of Object.entries(KEYS)) {
    if (key === event.key) return action as Action;
  }
  return null;
}
