/** All that an author has signed, as a node tells it: read to the end, each signature checked, and whether anything is missing (docs/spec/authors.md). */
import { untrack } from 'svelte';
import { AuthorChain, type AuthorReport } from '../../core/author-chain.ts';
import { api, type Trouble } from './api.ts';
import { AuthorChecks } from './author-checks.svelte.ts';
import { readRecordsStory, type ToldRecord } from './record-view.ts';

export class AuthorRecord {
  readonly checks = new AuthorChecks();
  /** As told, in the order of the chain. */
  records: readonly ToldRecord[] = $state.raw([]);
  /** What those show whose signatures hold. */
  report: AuthorReport | undefined = $state.raw(undefined);
  /** Records that are told to be the author's, and are not. */
  refutedCount = $state(0);
  /** Records that could not be checked. */
  uncheckedCount = $state(0);
  /** The height up to which the node has searched its chain. */
  indexedTo: number | undefined = $state();
  isReorganised = $state(false);
  isReading = $state(false);
  /** Whether everything was read that the node has. */
  isWhole = $state(false);
  trouble: Trouble | undefined = $state.raw(undefined);

  #chain = new AuthorChain();
  #next: string | undefined;
  #reading: AbortController | undefined;

  /** Reads from the beginning, in an effect. Returns what ends it. */
  read(port: number, author: string): () => void {
    untrack(() => {
      this.#reading?.abort();
      this.#chain = new AuthorChain();
      this.#next = undefined;
      this.records = [];
      this.report = undefined;
      this.refutedCount = 0;
      this.uncheckedCount = 0;
      this.indexedTo = undefined;
      this.isReorganised = false;
      this.isWhole = false;
      void this.goOn(port, author);
    });
    return () => this.#reading?.abort();
  }

  /** Reads so many more, or to the end. */
  async goOn(port: number, author: string): Promise<void> {
    const controller = new AbortController();
    this.#reading = controller;
    const { signal } = controller;
    this.isReading = true;
    this.trouble = undefined;
    const enough = this.records.length + ENOUGH;
    while (!this.isWhole && this.records.length < enough) {
      const answer = await api.recordsText(port, [['author', author]], { limit: PAGE, cursor: this.#next }, signal);
      if (signal.aborted) return;
      if (!answer.ok) {
        this.trouble = answer.fault;
        break;
      }
      const page = readRecordsStory(answer.value);
      if (page === undefined) {
        this.trouble = UNREADABLE;
        break;
      }
      await this.checks.check(page.records);
      if (signal.aborted) return;
      for (const record of page.records) this.#take(record, author);
      this.records = [...this.records, ...page.records];
      this.report = this.#chain.report();
      this.indexedTo = page.indexedTo;
      this.isReorganised ||= page.isReorganised;
      this.#next = page.next;
      this.isWhole = page.next === undefined;
    }
    this.isReading = false;
  }

  #take(record: ToldRecord, author: string): void {
    const verdict = this.checks.verdict(record);
    const step = verdict?.authors.find((one) => one.author === author);
    if (step !== undefined) this.#chain.add(step);
    else if (verdict === undefined || verdict.outcome === 'unchecked') this.uncheckedCount += 1;
    else this.refutedCount += 1;
  }
}

/** So many are read before somebody has to say that there shall be more. */
const ENOUGH = 2_000;
const PAGE = 200;
const UNREADABLE: Trouble = {
  code: 'answer-unreadable',
  status: 0,
  title: 'This answer cannot be read',
  detail:
    'What the gateway sent is no page of records. Either it is of another version than this page, or it does not tell the truth.',
};
