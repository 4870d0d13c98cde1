/**
 * The built explorer: files that are served as they stand, from memory, compressed where the client takes that.
 *
 * A page may load from this gateway alone, nothing inline runs, and nobody may frame it.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ContentCoding, chooseCoding } from './content-coding.ts';
import type { GatewayApp } from './node-call.ts';

/** For every page that the gateway serves and that does not bring a stricter one. */
export const PAGE_POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Where `npm run build` puts the explorer. */
export const EXPLORER_FOLDER = new URL('../../dist/explorer/', import.meta.url);

/**
 * Reads every file below `folder` once: what is built later shows after a start. Where there is no `index.html`, `/` says
 * how the explorer is built, and all else of the gateway works.
 */
export async function addExplorer(app: GatewayApp, folder: URL): Promise<void> {
  const files = await readFiles(folder);
  for (const [name, content] of files) {
    if (CODED.test(name)) continue;
    const file = describeFile(name, content, files);
    const handler = async (request: FastifyRequest, reply: FastifyReply) => sendFile(file, request, reply);
    app.route({ method: 'GET', url: name === INDEX ? '/' : `/${name}`, schema: { hide: true }, handler });
  }
  if (files.has(INDEX)) return;
  app.route({
    method: 'GET',
    url: '/',
    schema: { hide: true },
    handler: async (_request, reply) => reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT),
  });
}

interface ServedFile {
  readonly type: string;
  readonly cacheControl: string;
  /** The name of what is to be saved, and not to be opened here. */
  readonly savedAs: string | undefined;
  /** Of the content before it is coded. */
  readonly digest: string;
  readonly forms: ReadonlyMap<ContentCoding, Buffer>;
}

function describeFile(name: string, content: Buffer, files: ReadonlyMap<string, Buffer>): ServedFile {
  const forms = new Map<ContentCoding, Buffer>([['identity', content]]);
  const brotli = files.get(`${name}.br`);
  const gzip = files.get(`${name}.gz`);
  if (brotli !== undefined) forms.set('br', brotli);
  if (gzip !== undefined) forms.set('gzip', gzip);
  return {
    type: MEDIA_TYPES.get(extname(name)) ?? 'application/octet-stream',
    cacheControl: name.startsWith(HASHED_FOLDER) ? 'public, max-age=31536000, immutable' : 'no-cache',
    savedAs: name === VERIFIER ? name : undefined,
    digest: createHash('sha256').update(content).digest('base64url'),
    forms,
  };
}

function sendFile(file: ServedFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { 'accept-encoding': accepted, 'if-none-match': held } = request.headers;
  const coding = chooseCoding(accepted, file.forms);
  // Each form is a representation of its own (RFC 9110 §8.8.3).
  const tag = `"${file.digest}-${coding}"`;
  reply.header('etag', tag).header('vary', 'accept-encoding').header('cache-control', file.cacheControl);
  if (file.savedAs !== undefined) reply.header('content-disposition', `attachment; filename="${file.savedAs}"`);
  if (held?.split(',').some((text) => text.trim().replace(/^W\//, '') === tag)) return reply.code(304).send();
  if (coding !== 'identity') reply.header('content-encoding', coding);
  // Beside the page, for a worker has the policy that its own script came with.
  return reply.header('content-security-policy', EXPLORER_POLICY).type(file.type).send(file.forms.get(coding));
}

/** Every file below `folder` by its path in it, with `/`. None where there is no such folder. */
async function readFiles(folder: URL): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const root = fileURLToPath(folder);
  try {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = `${entry.parentPath}${entry.parentPath.endsWith(sep) ? '' : sep}${entry.name}`;
      files.set(path.slice(root.length).replaceAll(sep, '/'), await readFile(path));
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return files;
}

const INDEX = 'index.html';
/** A page that is one file and works without a server. Its script stands in it, which the policy of this one forbids. */
const VERIFIER = 'cairn-verifier.html';
/** What is in it has the hash of its content in its name. */
const HASHED_FOLDER = 'assets/';
const CODED = /\.(?:br|gz)$/;
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.woff2', 'font/woff2'],
]);
/**
 * `'self'` lets the page connect by WebSocket too. No text becomes markup or a script's address, but by the policy of
 * Svelte, for the templates that it was compiled from, and by that of the worker that verifies.
 */
const EXPLORER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html cairn-worker',
].join('; ');
const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Cairn: the explorer is not built</title>
<h1>The explorer is not built</h1>
<p>Run <code>npm run build</code> where Cairn is installed, and start the gateway again.</p>
<p>Everything else works meanwhile: the HTTP interface is described at <a href="/docs/">/docs/</a>.</p>
</html>
`;
