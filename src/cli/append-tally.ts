/** What became of the entries of one `cairn append`, as it is told to people and to scripts. */
import type { Submitted } from '../api/shapes.ts';
import type { EntryFault } from './entry-reader.ts';
import type { TakenEntries } from './entry-submitter.ts';
import { formatCount } from './table.ts';

export class AppendTally {
  #pending = 0;
  #alreadyPending = 0;
  #inBlock = 0;

  /** How many are durable at the node. */
  get accepted(): number {
    return this.#pending + this.#alreadyPending + this.#inBlock;
  }

  add(entries: readonly Submitted[]): void {
    for (const { status } of entries) {
      if (status === 'pending') this.#pending++;
      else if (status === 'already-pending') this.#alreadyPending++;
      else this.#inBlock++;
    }
  }

  /** For scripts. `isInBlocks` is left out where nobody waited for that. */
  toJson(more: { readonly isInBlocks?: boolean | undefined; readonly fault?: EntryFault | undefined }): string {
    return JSON.stringify({
      accepted: this.accepted,
      pending: this.#pending,
      already_pending: this.#alreadyPending,
      already_in_blocks: this.#inBlock,
      ...(more.isInBlocks !== undefined && { in_blocks: more.isInBlocks }),
      ...(more.fault && { fault: more.fault }),
    });
  }

  /** For people: `3 entries waiting for a block, 1 of them waited already; 2 were in blocks before`. */
  toSentence(isInBlocks: boolean): string {
    const count = this.#pending + this.#alreadyPending;
    const place = isInBlocks ? 'in blocks' : 'waiting for a block';
    const already = this.#alreadyPending === 0 ? '' : `, ${formatCount(this.#alreadyPending)} of them waited already`;
    const before = this.#inBlock === 0 ? '' : `; ${formatCount(this.#inBlock)} stood in blocks before`;
    return `${formatCount(count)} ${count === 1 ? 'entry' : 'entries'} ${place}${already}${before}`;
  }
}

/** The ids of what was taken: one a line, or with its line and status as JSON. */
export function idLines({ batch, entries }: TakenEntries, isJson: boolean): string {
  return entries
    .map(({ id, status }, i) => `${isJson ? JSON.stringify({ line: batch.lines[i], id, status }) : id}\n`)
    .join('');
}
