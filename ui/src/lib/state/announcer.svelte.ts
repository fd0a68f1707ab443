// What a screen reader is told when something happens that is not where the focus is; also shown as a toast.

const SHOWN_MS = 3000;

class Announcer {
  text = $state("");
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.timer);
    this.text = text;
    this.timer = setTimeout(() => (this.text = ""), SHOWN_MS);
  }
}

export const announcer = new Announcer();
