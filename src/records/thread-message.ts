/** What the two threads of the table of records are asked, and what they answer. Plain data: it crosses between threads. */
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { RecordIndexes } from './record-file.ts';
import type { RecordQuestion } from './record-search.ts';
import type { BlockPlace } from './record-table.ts';

/** What a thread is started with. */
export interface RecordThreadSettings {
  /** Of the file. */
  readonly path: string;
  readonly indexes: RecordIndexes;
  readonly params: NetworkParams;
}

/** A block on its way into the table. */
export interface CarriedBlock {
  readonly height: number;
  readonly hash: Hash;
  /** Unix seconds. */
  readonly time: number;
  readonly body: Uint8Array;
}

/** To the thread that writes. While no file is open the table is one without blocks, which takes none. */
export type WriterQuestion =
  /**
   * Opens the file where it is not open, made anew where it must be; with `isAnew` the one that is there is thrown away before.
   * Answers whether it may be another than the one that was open.
   */
  | { readonly type: 'open'; readonly isAnew: boolean }
  /** Answers with the blocks by which to find out how far the table follows the chain. */
  | { readonly type: 'locate' }
  /** Takes away all blocks above `height`. Answers with the height of the table. */
  | { readonly type: 'cut'; readonly height: number }
  /**
   * Records blocks, the first of which follows the last one of those taken before. With `isLast` all that were taken are written
   * at once, otherwise when there are enough. Answers with the height of what is written, or with nothing where they do not
   * follow: then none is taken.
   */
  | { readonly type: 'take'; readonly blocks: readonly CarriedBlock[]; readonly isLast: boolean }
  | { readonly type: 'close' };

export interface WriterAnswers {
  readonly open: boolean;
  readonly locate: readonly BlockPlace[];
  readonly cut: number;
  readonly take: number | undefined;
  readonly close: undefined;
}

/** To the thread that answers queries. */
export type ReaderQuestion =
  | { readonly type: 'page'; readonly question: RecordQuestion }
  /** Lets go of the file: the next page is of the one that is there then. */
  | { readonly type: 'close' };

export interface ReaderAnswers {
  readonly page: ReturnType<import('./record-search.ts').RecordSearch['page']>;
  readonly close: undefined;
}

export interface ThreadOrder<Question> {
  readonly call: number;
  readonly question: Question;
}

export type ThreadReply =
  | { readonly type: 'open' }
  | { readonly type: 'answer'; readonly call: number; readonly answer: unknown }
  /** With `code` where the error is one of the store. */
  | { readonly type: 'failed'; readonly call: number | undefined; readonly code: string; readonly message: string };
