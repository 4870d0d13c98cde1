/**
 * Where commands speak: data to stdout, talk to stderr, so that a pipe gets data alone.
 *
 * Colour and a line of progress that rewrites itself are for people: only on a terminal.
 */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';

export interface TerminalStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

export type Format = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

export class Terminal {
  readonly #streams: TerminalStreams;
  #progressShown = false;
  #stdoutClosed = false;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
    streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // `cairn chain 5001 | head` has read enough: that is no failure. Of others whoever writes is told.
      if (error.code === 'EPIPE') this.#stdoutClosed = true;
    });
    // Talk that nobody hears any more is no failure either: what we do still has to end in order.
    streams.stderr.on('error', () => undefined);
  }

  get stdin(): TerminalStreams['stdin'] {
    return this.#streams.stdin;
  }

  /** Whether a person watches stdout. */
  get isInteractive(): boolean {
    return this.#streams.stdout.isTTY === true;
  }

  /** Whether a person watches stderr. */
  get hasProgress(): boolean {
    return this.#streams.stderr.isTTY === true;
  }

  /** Writes data as it is. Resolves when stdout has taken it; false when nobody reads any further. Throws a `CommandError`. */
  write(data: string | Uint8Array): Promise<boolean> {
    this.#clearProgress();
    if (this.#stdoutClosed) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.#streams.stdout.write(data, (error) => {
        if (error === undefined || error === null) resolve(true);
        else if (codeOf(error) === 'EPIPE') resolve(false);
        else reject(outputFailed(error));
      });
    });
  }

  /** One line of data. */
  async print(line: string): Promise<void> {
    await this.write(`${line}\n`);
  }

  /** One line for people. */
  talk(line: string): void {
    this.#clearProgress();
    this.#streams.stderr.write(`${line}\n`);
  }

  /** A question to somebody, whose answer goes on in the same line. */
  ask(question: string): void {
    this.#clearProgress();
    this.#streams.stderr.write(question);
  }

  /** A line for people that the next line of anything takes the place of. Nothing where no person watches. */
  progress(line: string): void {
    if (!this.hasProgress) return;
    const { columns = COLUMNS_DEFAULT } = this.#streams.stderr;
    this.#streams.stderr.write(`${CLEAR_LINE}${line.slice(0, columns - 1)}`);
    this.#progressShown = true;
  }

  /** Takes the line of progress away, if there is one. */
  endProgress(): void {
    this.#clearProgress();
  }

  /** `text` as it looks on stdout. */
  style(format: Format, text: string): string {
    return this.isInteractive ? styleText(format, text, { stream: this.#streams.stdout }) : text;
  }

  /** `text` as it looks on stderr. */
  styleTalk(format: Format, text: string): string {
    return this.hasProgress ? styleText(format, text, { stream: this.#streams.stderr }) : text;
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    this.#streams.stderr.write(CLEAR_LINE);
    this.#progressShown = false;
  }
}

function outputFailed(cause: Error): CommandError {
  const message = `Stdout does not take what there is to write (${cause.message}); what was written is not whole.`;
  return new CommandError(EXIT_CODES.failed, 'output-failed', message, cause);
}

const CLEAR_LINE = '\r\u001b[2K';
const COLUMNS_DEFAULT = 80;
