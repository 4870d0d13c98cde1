/** Shows how the nodes of a network come along: a table that rewrites itself, or plain lines where no person watches. */
import type { NodeView } from './network-watch.ts';
import { viewLines } from './network-watch.ts';
import type { Terminal } from './terminal.ts';

export class ViewDisplay {
  readonly #terminal: Terminal;
  /** The table on the screen. */
  #shown: readonly string[] = [];
  /** What was last said of each node, by port. */
  readonly #said = new Map<number, string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows `views` in the place of what was shown before; without a screen, only what has changed. */
  async show(views: readonly NodeView[]): Promise<void> {
    if (!this.#terminal.isInteractive) {
      for (const view of views) await this.#say(view);
      return;
    }
    const lines = viewLines(views);
    await this.#terminal.write(`${this.#clearing()}${lines.join('\n')}\n`);
    this.#shown = lines;
  }

  /** One line for people, above the table. */
  talk(line: string): void {
    if (this.#shown.length === 0) {
      this.#terminal.talk(line);
      return;
    }
    void this.#terminal.write(this.#clearing());
    this.#terminal.talk(line);
    void this.#terminal.write(`${this.#shown.join('\n')}\n`);
  }

  /** Leaves the table as it stands; what comes goes below it. */
  finish(): void {
    this.#shown = [];
  }

  async #say({ port, status, tipEntries }: NodeView): Promise<void> {
    const { tip, pending, peers } = status;
    const text =
      `node ${port}: height ${tip.height}, tip ${tip.hash}, ${tipEntries} ${tipEntries === 1 ? 'entry' : 'entries'} in it, ` +
      `${pending.count} pending, ${peers} ${peers === 1 ? 'peer' : 'peers'}${status.sync.behind === 0 ? '' : `, ${status.sync.behind} behind`}`;
    if (this.#said.get(port) === text) return;
    this.#said.set(port, text);
    await this.#terminal.print(text);
  }

  #clearing(): string {
    return this.#shown.length === 0 ? '' : `\u001b[${this.#shown.length}A\u001b[J`;
  }
}
