/**
 * How the explorer is built: Svelte components and the machines of floors 0 and 1, by Vite, into `dist/explorer`
 * (docs/decisions/0027-built-explorer.md).
 *
 * Everything that a page needs comes from there; nothing is inlined, so that the page's policy can forbid all else.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type InlineConfig } from 'vite';
import { buildVerifier, VERIFIER_NAME } from './verifier-build.ts';

/** Where the built explorer stands. */
export const EXPLORER_OUT = fileURLToPath(new URL('../dist/explorer/', import.meta.url));

/** For the build and for the development server alike. */
export const EXPLORER_CONFIG: InlineConfig = {
  root: fileURLToPath(new URL('../src/explorer/', import.meta.url)),
  configFile: false,
  logLevel: 'warn',
  plugins: [svelte({ configFile: false })],
  worker: { format: 'es' },
  build: {
    outDir: EXPLORER_OUT,
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // How long it takes on a busy machine is nothing to warn of.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
};

/** Builds the explorer, and beside each text file puts the same compressed: `.br` and `.gz`. */
export async function buildExplorer(): Promise<void> {
  await build(EXPLORER_CONFIG);
  await writeFile(join(EXPLORER_OUT, VERIFIER_NAME), await buildVerifier());
  for (const name of await readdir(EXPLORER_OUT, { recursive: true })) {
    if (!COMPRESSED.test(name)) continue;
    const path = join(EXPLORER_OUT, name);
    const content = await readFile(path);
    const options = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
    await writeFile(`${path}.br`, brotliCompressSync(content, options));
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}

const COMPRESSED = /\.(?:css|html|js|svg)$/;
