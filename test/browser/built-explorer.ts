/** The explorer as `npm run build` leaves it, built anew where its sources have changed since. */
import { join } from 'node:path';
import { buildExplorer, EXPLORER_OUT } from '../../scripts/explorer-build.ts';
import { buildOnce } from '../support/build-once.ts';

export function ensureExplorer(): Promise<void> {
  return buildOnce({
    name: 'explorer',
    result: join(EXPLORER_OUT, 'index.html'),
    sources: [
      'src/{explorer,core,protocol,api,network,host,codegen}/**/*.{ts,js,svelte,css,svg,html,woff2}',
      'scripts/explorer-build.ts',
    ],
    build: buildExplorer,
  });
}
