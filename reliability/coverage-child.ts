/**
 * Runs tests, each file in a process of its own, and prints what they run of sources, as JSON in the last line:
 * `coverage-child.ts SOURCE... -- TEST...`, paths from here.
 */
import { run } from 'node:test';

/** What is run of one source. */
export interface CoveredSource {
  /** From the root of the file system. */
  readonly path: string;
  readonly branches: number;
  readonly branchesRun: number;
  /** The numbers of the lines on which branches, functions or statements begin that are never run. */
  readonly missed: readonly number[];
}

const args = process.argv.slice(2);
const middle = args.indexOf('--');
run({
  files: args.slice(middle + 1),
  coverage: true,
  coverageIncludeGlobs: args.slice(0, middle),
  concurrency: 1,
})
  .on('test:fail', ({ name, details }) => {
    console.error(`${name}: ${details.error.message}`);
    process.exitCode = 1;
  })
  .on('test:coverage', ({ summary }) => {
    const sources = summary.files.map((file): CoveredSource => {
      const missed = [...file.branches, ...file.functions, ...file.lines].filter(({ count }) => count === 0);
      return {
        path: file.path,
        branches: file.totalBranchCount,
        branchesRun: file.coveredBranchCount,
        missed: [...new Set(missed.map(({ line }) => line))].sort((one, other) => one - other),
      };
    });
    console.log(JSON.stringify(sources));
  });
