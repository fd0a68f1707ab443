// How wide the detail pane is; kept on this machine.

/** Pixels. */
export const PANE = { least: 340, usual: 404, most: 640 } as const;

const KEY = "tenure.pane";

class PaneWidth {
  private width = $state(PaneWidth.kept());

  private static kept(): number {
    const width = Number(localStorage.getItem(KEY) ?? PANE.usual);
    return width >= PANE.least && width <= PANE.most ? width : PANE.usual;
  }

  get value(): number {
    return this.width;
  }

  set value(width: number) {
    this.width = width;
    localStorage.setItem(KEY, String(width));
  }
}

export const paneWidth = new PaneWidth();
