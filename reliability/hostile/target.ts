/** Whom hostile peers are set upon, and a count of what they do. */
import type { NetworkParams } from '../../src/core/params.ts';

/** The node under attack. */
export interface Target {
  /** The multiaddress of its peer door, with `/p2p/<id>`. */
  readonly address: string;
  readonly params: NetworkParams;
  readonly tally: Tally;
}

/** How much was done. */
export class Tally {
  connections = 0;
  messages = 0;
  bytes = 0;
  headers = 0;

  sent(bytes: number): void {
    this.bytes += bytes;
  }

  message(): void {
    this.messages++;
  }
}
