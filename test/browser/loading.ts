/** What a page loads, by the bytes that came over the wire. */
import type { Page } from 'playwright-core';

export interface Loading {
  /** The bytes of everything but answers of the interface: what the page itself asked for, and with what its worker did. */
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
      const files = (await Promise.all(finished)).filter(({ path }) => !path.startsWith('/api/'));
      const sum = (list: typeof files) => list.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
      return { view: sum(files.filter(({ path }) => !PEER_CODE.test(path))), all: sum(files) };
    },
  };
}

/** The worker, and what it loads by itself. */
const PEER_CODE = /\/worker-[^/]*\.js$/;
