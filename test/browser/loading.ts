/** What a page loads, by the bytes that came over the wire. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Page } from 'playwright-core';

export interface Loading {
  /** The bytes of everything but answers of the interface: what the first view waits for, and with the code that checks it. */
  sizes(): Promise<{ readonly view: number; readonly all: number }>;
}

/** Watches from now on. */
export function watchLoading(page: Page): Loading {
  const finished: Promise<{ readonly path: string; readonly sizeBytes: number }>[] = [];
  page.context().on('requestfinished', (request) => {
    const path = new URL(request.url()).pathname;
    finished.push(request.sizes().then(({ responseBodySize }) => ({ path, sizeBytes: responseBodySize })));
  });
  return {
    async sizes() {
      // Of the scripts that workers start with, the browser does not tell how long they were.
      const scripts = page.workers().map((worker) => worker.url());
      const workers = await Promise.all(scripts.map(compressedSize));
      const paths = scripts.map((url) => new URL(url).pathname);
      const files = (await Promise.all(finished)).filter(
        ({ path }) => !path.startsWith('/api/') && !paths.includes(path),
      );
      const sum = (sizes: readonly number[]) => sizes.reduce((bytes, size) => bytes + size, 0);
      const view = sum(files.filter(({ path }) => !PEER_CODE.test(path)).map(({ sizeBytes }) => sizeBytes));
      return { view, all: sum(files.map(({ sizeBytes }) => sizeBytes)) + sum(workers) };
    },
  };
}

/** The bytes of what stands at `url`, as a browser gets it. */
async function compressedSize(url: string): Promise<number> {
  const request = get(url, { headers: { 'accept-encoding': 'br' }, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return (await buffer(answer)).length;
}

/** What starts the worker. */
const PEER_CODE = /\/worker-[^/]*\.js$/;
