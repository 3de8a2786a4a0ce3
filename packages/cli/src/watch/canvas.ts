/** The terminal that standard output is. */
export interface Screen {
  /** Undefined while the terminal does not tell. */
  rows(): number | undefined;
  write(text: string): void;
  /** Calls back when the terminal has got another size. */
  onResize(listener: () => void): Disposable;
}

const csi = '\u001b[';
/** A page of its own, no cursor, and long lines cut off rather than wrapped. Source: xterm's control sequences. */
const enter = `${csi}?1049h${csi}?25l${csi}?7l`;
const leave = `${csi}?7h${csi}?25h${csi}?1049l`;
const home = `${csi}H`;
const clearLine = `${csi}K`;
const clearBelow = `${csi}J`;

const usualRows = 24;

/** Draws over what it drew before, and gives the terminal back as it was. */
export class Canvas implements Disposable {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
    screen.write(enter);
  }

  /** Shows as many lines as there is room for, and says how many are left out. */
  draw(text: string): void {
    const lines = text.split('\n');
    const rows = this.#screen.rows() ?? usualRows;
    const left = lines.length - rows;
    const shown = left > 0 ? [...lines.slice(0, rows - 1), `(${left + 1} more lines)`] : lines;
    // No line feed after the last line: it would move everything up.
    this.#screen.write(`${home}${shown.map((line) => `${line}${clearLine}`).join('\r\n')}${clearBelow}`);
  }

  [Symbol.dispose](): void {
    this.#screen.write(leave);
  }
}
