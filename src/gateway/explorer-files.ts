/** The explorer: files that are served as they stand. A page may load from this gateway alone, and nobody may frame it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { GatewayApp } from './node-call.ts';

/** For every page that the gateway serves. */
export const PAGE_POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Reads the files once; a file that is missing is a mistake in the installation and stops the start. */
export async function addExplorer(app: GatewayApp): Promise<void> {
  for (const { url, file, type } of FILES) {
    const content = await readFile(new URL(file, EXPLORER_FOLDER));
    const tag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    app.route({
      method: 'GET',
      url,
      schema: { hide: true },
      handler: async (request, reply) => {
        reply.header('etag', tag);
        if (request.headers['if-none-match'] === tag) return reply.code(304).send();
        return reply.type(type).send(content);
      },
    });
  }
}

const EXPLORER_FOLDER = new URL('../explorer/', import.meta.url);
const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/explorer.css', file: 'explorer.css', type: 'text/css; charset=utf-8' },
  { url: '/explorer.js', file: 'explorer.js', type: 'text/javascript; charset=utf-8' },
  { url: '/json-text.js', file: 'json-text.js', type: 'text/javascript; charset=utf-8' },
  { url: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
] as const;
