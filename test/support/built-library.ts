/**
 * The package as `npm run package` leaves it, built anew where its sources have changed since: it is never put in another's place
 * while programs run from it.
 */
import { join } from 'node:path';
import { buildLibrary, LIBRARY_OUT } from '../../scripts/package-build.ts';
import { ensureExplorer } from '../browser/built-explorer.ts';
import { buildOnce } from './build-once.ts';

export async function ensureLibrary(): Promise<void> {
  // It has the explorer in it.
  await ensureExplorer();
  await buildOnce({
    name: 'lib',
    result: join(LIBRARY_OUT, 'package.json'),
    sources: [
      'src/**/*.ts',
      'scripts/package-build.ts',
      'tsconfig*.json',
      'package.json',
      'package-lock.json',
      'dist/explorer/index.html',
    ],
    build: buildLibrary,
  });
}
