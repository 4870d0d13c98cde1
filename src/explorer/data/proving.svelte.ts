/** The verdict on what a page shows: asked of the page's own light client whenever something else is shown. */
import { untrack } from 'svelte';
import type { Verdict } from '../verifier/verdict.ts';
import { verification } from './verification.svelte.ts';

export class Proving {
  /** Undefined until there is one. */
  verdict: Verdict | undefined = $state.raw(undefined);

  /** Whether one is on its way: the light client is there, or will be. */
  readonly isPending: boolean = $derived(
    this.verdict === undefined && !['failed', 'untrusted'].includes(verification.status?.phase ?? 'starting'),
  );
  /** Whether there is a chain to hold something against. */
  readonly #isReady: boolean = $derived(verification.status?.phase === 'verified');
  #subject: string | undefined;

  /**
   * Asks by `task` for a verdict on what `subject` names, in an effect: once more when there is a chain at last, if nothing
   * could be said before. Returns what makes its answer count no more.
   */
  ask(subject: string, task: () => Promise<Verdict>): (() => void) | undefined {
    const before = untrack(() => this.verdict);
    const isSaid = this.#isReady ? before !== undefined && before.outcome !== 'unchecked' : before !== undefined;
    if (subject === this.#subject && isSaid) return undefined;
    this.#subject = subject;
    this.verdict = undefined;
    let isCurrent = true;
    const keep = (verdict: Verdict | undefined) => {
      if (isCurrent) this.verdict = verdict;
    };
    // A light client that broke says so in its status.
    task().then(keep, () => keep(undefined));
    return () => {
      isCurrent = false;
    };
  }
}
