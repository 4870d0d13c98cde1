/** Whether the tests notice mutants. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../rule-files.ts';
import { type Mutant, mutate } from './mutants.ts';
import { Trials } from './trials.ts';

/** `timed-out`: with it the tests do not end, which is noticed, too. */
export type Verdict = 'killed' | 'timed-out' | 'survived';

/**
 * Sets the tests on mutants. Only those beside a source are asked, or, where there are none, those beside the sources
 * that import it, and, about rules, the frozen vectors: a mistake that only tests far away notice is hard to find.
 */
export class Hunt {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #tests: readonly string[];
  readonly #trials = new Trials();
  /** How long the processor is at the tests in a file when nothing is wrong. */
  readonly #usualMs = new Map<string, number>();

  /** Of `sources`, all that import each other, and `tests`, paths from the root. */
  constructor(sources: readonly string[], tests: readonly string[]) {
    this.#sources = new Map(sources.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
    this.#tests = tests;
  }

  /** Rejects where the tests fail as they are. */
  async judge(mutant: Mutant): Promise<Verdict> {
    const path = join(ROOT, mutant.path);
    const loaded = { url: urlOf(mutant.path), source: mutate(readFileSync(path, 'utf8'), mutant) };
    for (const file of this.testsFor(mutant.path)) {
      const busyMsMax = PATIENCE_MS_MIN + PATIENCE * (await this.#timeOf(file));
      const { result } = await this.#trials.try({ tests: [urlOf(file)], mutant: loaded }, busyMsMax);
      if (result !== 'passed') return result === 'failed' ? 'killed' : 'timed-out';
    }
    return 'survived';
  }

  /** The tests that are asked about a source. */
  testsFor(path: string): string[] {
    const beside = testBeside(path);
    const importers = [...this.#sources].filter(([, text]) => text.includes(`/${basename(path)}'`));
    const asked = this.#tests.includes(beside) ? [beside] : importers.map(([importer]) => testBeside(importer));
    if (path.startsWith(RULES_FOLDER)) asked.push(VECTORS);
    return this.#tests.filter((file) => asked.includes(file));
  }

  close(): void {
    this.#trials.close();
  }

  async #timeOf(file: string): Promise<number> {
    const known = this.#usualMs.get(file);
    if (known !== undefined) return known;
    const { result, busyMs } = await this.#trials.try({ tests: [urlOf(file)], mutant: undefined }, WHOLE_RUN_MS_MAX);
    if (result !== 'passed') throw new Error(`The tests in ${file} have ${result} before anything was changed.`);
    this.#usualMs.set(file, busyMs);
    return busyMs;
  }
}

function testBeside(path: string): string {
  return path.replace(/\.ts$/, '.test.ts');
}

function urlOf(path: string): string {
  return pathToFileURL(join(ROOT, path)).href;
}

const RULES_FOLDER = 'src/core/';
const VECTORS = 'test/vectors.test.ts';
/** Tests that take so much longer than they do without a mutant never end. */
const PATIENCE = 3;
const PATIENCE_MS_MIN = 1500;
const WHOLE_RUN_MS_MAX = 120_000;
