/**
 * The verifier that is one file: a page with its script and styles inside, to be saved and opened with no server. Its own policy
 * lets these two run, by their hashes, and nothing else: it cannot send anything anywhere.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type Rolldown } from 'vite';
import { assert, assertPresent } from '../src/core/assert.ts';

/** What it is called where it is served. */
export const VERIFIER_NAME = 'cairn-verifier.html';

/** The whole page. */
export async function buildVerifier(): Promise<string> {
  const root = fileURLToPath(new URL('../src/explorer/', import.meta.url));
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [svelte({ configFile: false })],
    build: {
      write: false,
      target: 'es2023',
      modulePreload: { polyfill: false },
      rolldownOptions: { input: join(root, PAGE), checks: { bundlerTimings: false } },
    },
  });
  assert(!Array.isArray(built) && 'output' in built, 'one build has one output');
  const script = theOnly(built.output.filter((file) => file.type === 'chunk')).code.trim();
  const assets = built.output.filter((file) => file.type === 'asset');
  const style = textOf(theOnly(assets.filter(({ fileName }) => fileName.endsWith('.css')))).trim();
  const page = textOf(theOnly(assets.filter(({ fileName }) => fileName === PAGE)));
  // What ends the element would end the script, wherever it stands in it.
  assert(!/<\/script/i.test(script) && !/<\/style/i.test(style), 'nothing in it ends its element');
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="content-security-policy" content="${policy}">\n    <style>${style}</style>`;
  const [before = '', after = ''] = page.replaceAll(/\s*<(?:script|link)\b[^>]*>(?:<\/script>)?/g, '').split('</head>');
  // Behind what it fills: a script that is no file is not held back until the page is read.
  const [body = '', rest = ''] = after.split('</body>');
  return `${before}  ${head}\n  </head>${body}  <script type="module">${script}</script>\n  </body>${rest}`;
}

function theOnly<Item>(items: readonly Item[]): Item {
  assert(items.length === 1, 'the verifier is one page with one script and one style sheet');
  return assertPresent(items[0], 'there is one');
}

function textOf({ source }: Rolldown.OutputAsset): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const PAGE = 'verify.html';
