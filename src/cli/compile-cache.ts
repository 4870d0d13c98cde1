/**
 * Keeps what Node makes of our sources, in the home: a node starts a third sooner when it need not strip types and
 * compile once more, in each of its threads and processes.
 *
 * The one thing that is done before anything else is imported, so there is little here to import.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { resolveHome } from '../probe/cairn-home.ts';

/**
 * Has this process, its threads and its children use the cache in the home that `env` names, where there is such a home
 * already: to ask for help makes none. What does not work leaves everything as it would be without.
 */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  const { root } = resolveHome(env);
  // Whoever has set one of these has decided.
  if (env['NODE_COMPILE_CACHE'] !== undefined || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return;
  if (!existsSync(root)) return;
  const folder = join(root, 'cache');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // A home that cannot be written, or a permission model that does not let it be.
    return;
  }
  env['NODE_COMPILE_CACHE'] = folder;
}
