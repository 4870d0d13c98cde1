/**
 * What stands in for `node:test` while mutants are tried: it only notes the tests, which `trial-child.ts` then calls. Most
 * mutants are noticed within a few milliseconds, and Node's own runner is made for one run in a process.
 */

export type TestBody = () => unknown;

/** The tests of the files that were loaded since they were last taken. */
let noted: TestBody[] = [];

/** The tests that were noted, in their order. */
export function takeTests(): TestBody[] {
  const tests = noted;
  noted = [];
  return tests;
}

/** Notes a test that is not left out. */
export function test(_name: string, ...rest: readonly unknown[]): void {
  const body = rest.at(-1);
  if (typeof body !== 'function') throw new Error('A test has a body.');
  if (!isSkipped(rest[0])) noted.push(() => body());
}

/** Calls `body`, in which tests are. */
export function describe(_name: string, body: () => void): void {
  body();
}

function isSkipped(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'skip' in options && options.skip !== false;
}
