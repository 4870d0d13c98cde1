/** The verdict on what a page shows: asked of the page's own light client whenever something else is shown. */
import type { Verdict } from '../verifier/verdict.ts';
import { verification } from './verification.svelte.ts';

export class Proving {
  /** Undefined until there is one. */
  verdict: Verdict | undefined = $state.raw(undefined);

  /** Whether one is on its way: the light client is there, or will be. */
  readonly isPending: boolean = $derived(
    this.verdict === undefined && !['failed', 'untrusted'].includes(verification.status?.phase ?? 'starting'),
  );

  /** Asks by `task` for a verdict in the place of the last one. Returns what makes its answer count no more. */
  ask(task: () => Promise<Verdict>): () => void {
    let isCurrent = true;
    this.verdict = undefined;
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
