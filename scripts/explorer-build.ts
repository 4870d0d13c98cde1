/**
 * How the explorer is built: Svelte components and the machines of floors 0 and 1, by Vite, into `dist/explorer`
 * (docs/decisions/0027-built-explorer.md).
 *
 * Everything that a page needs comes from there; nothing is inlined, so that the page's policy can forbid all else.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // How long it takes on a busy machine is nothing to warn of.
    rolldownOptions: {
      checks: { bundlerTimings: false },
      // What several pages are made of comes in one piece: each piece is a request that a page waits for.
      output: { codeSplitting: { groups: [{ name: 'common', test: /\/src\//, minShareCount: 3 }] } },
    },
  },
};

/**
 * Builds the explorer, and beside each text file puts the same compressed: `.br` and `.gz`. It is built aside and put in its
 * place whole, so that a gateway that starts meanwhile reads the one or the other.
 */
export async function buildExplorer(): Promise<void> {
  const parent = dirname(EXPLORER_OUT);
  await mkdir(parent, { recursive: true });
  const making = await mkdtemp(join(parent, 'making-'));
  try {
    const made = join(making, 'made');
    await build({ ...EXPLORER_CONFIG, build: { ...EXPLORER_CONFIG.build, outDir: made, emptyOutDir: true } });
    await writeFile(join(made, VERIFIER_NAME), await buildVerifier());
    await compressFiles(made);
    await rename(EXPLORER_OUT, join(making, 'old')).catch(() => undefined);
    await rename(made, EXPLORER_OUT);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function compressFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!COMPRESSED.test(name)) continue;
    const path = join(folder, name);
    const content = await readFile(path);
    const options = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
    await writeFile(`${path}.br`, brotliCompressSync(content, options));
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}

const COMPRESSED = /\.(?:css|html|js|svg)$/;
