/** A process that does one workload, `node workload-child.ts NAME ROOT`, and says on stdout what is sure by then. */
import { writeSync } from 'node:fs';
import { assertPresent } from '../../src/core/assert.ts';
import { WORKLOADS } from './workload.ts';

const [name, root] = process.argv.slice(2);
const workload = assertPresent(
  WORKLOADS.find((known) => known.name === name),
  'there is such a workload',
);
await workload.run(assertPresent(root, 'a root is named'), (saying) => writeSync(1, JSON.stringify(saying)));
