/** Where a run of the program has been, as V8 counts it: character by character of the sources in a folder, or one file. */
import { type Profiler, Session } from 'node:inspector';

/**
 * Counts from its making until it is closed, in this thread: best made before what it is to count in is loaded. There is one
 * at a time.
 */
export class CoverageMeter {
  readonly #session = new Session();
  readonly #place: string;
  /** By script: the characters that were reached and taken note of. */
  readonly #seen = new Map<string, Set<number>>();

  constructor(place = new URL('../../src/', import.meta.url)) {
    this.#place = place.href;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether anything was reached since the last reading that was never taken note of. Each reading begins anew. */
  isNew(): boolean {
    return this.#readNew().some(({ characters }) => characters.length > 0);
  }

  /** The same, and takes note of it: how many characters. */
  take(): number {
    let count = 0;
    for (const { url, characters } of this.#readNew()) {
      const seen = this.#seen.get(url) ?? new Set();
      this.#seen.set(url, seen);
      for (const character of characters) seen.add(character);
      count += characters.length;
    }
    return count;
  }

  /** Begins anew: nothing has been reached yet. */
  forget(): void {
    this.#readNew();
    this.#seen.clear();
  }

  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #readNew(): { readonly url: string; readonly characters: readonly number[] }[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // Within one thread the answer comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error;
      scripts = coverage.result;
    });
    return scripts
      .filter(({ url }) => url.startsWith(this.#place))
      .map(({ url, functions }) => ({ url, characters: newIn(functions, this.#seen.get(url)) }));
  }
}

/** The characters that were reached and not seen before. */
function newIn(functions: readonly Profiler.FunctionCoverage[], seen: ReadonlySet<number> | undefined): number[] {
  const ranges = functions.flatMap((one) => one.ranges);
  const start = ranges.reduce((least, { startOffset }) => Math.min(least, startOffset), Number.MAX_SAFE_INTEGER);
  const end = ranges.reduce((most, { endOffset }) => Math.max(most, endOffset), start);
  // Of ranges within each other, also of functions, the outer come first, and the inner count.
  const reached = new Uint8Array(end - start);
  for (const { startOffset, endOffset, count } of ranges) {
    reached.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start);
  }
  const characters: number[] = [];
  for (let at = reached.indexOf(1); at >= 0; at = reached.indexOf(1, at + 1)) {
    if (seen?.has(start + at) !== true) characters.push(start + at);
  }
  return characters;
}
