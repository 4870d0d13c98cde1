/** What passes between the page and the worker that verifies. */
import type { RememberedTrust } from './trust-root.ts';
import type { Verdict, VerifierStatus } from './verdict.ts';
import type { ShownBlock, ShownEntry, ShownSummary, ShownText, ShownTip } from './verifier.ts';

/** Something that the page shows, to be checked. */
export type ShownThing =
  | { readonly type: 'entry'; readonly shown: ShownEntry }
  | { readonly type: 'authors'; readonly shown: readonly ShownText[] }
  | { readonly type: 'block'; readonly shown: ShownBlock }
  | { readonly type: 'summaries'; readonly shown: readonly ShownSummary[] };

export type ToWorker =
  /** Once, and first. */
  | { readonly type: 'start'; readonly origin: string; readonly remembered: RememberedTrust | undefined }
  | { readonly type: 'prove'; readonly request: number; readonly thing: ShownThing }
  | { readonly type: 'shown'; readonly tips: readonly ShownTip[] };

export type FromWorker =
  | { readonly type: 'status'; readonly status: VerifierStatus }
  /** For an entry or a block one verdict, for authors and summaries one for each. */
  | { readonly type: 'proved'; readonly request: number; readonly verdicts: readonly Verdict[] };
