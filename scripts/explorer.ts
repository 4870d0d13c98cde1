/**
 * `npm run build`: the explorer into `dist/explorer`, from where the gateway serves it. `npm run explorer`: a development
 * server that shows changes at once, and asks the gateway on port 8080.
 */
import { createServer } from 'vite';
import { buildExplorer, EXPLORER_CONFIG } from './explorer-build.ts';

const GATEWAY = 'http://127.0.0.1:8080';

const [what] = process.argv.slice(2);
if (what === 'build') {
  await buildExplorer();
} else if (what === 'serve') {
  const proxied = { target: GATEWAY, changeOrigin: true, headers: { origin: GATEWAY, referer: `${GATEWAY}/` } };
  const server = await createServer({
    ...EXPLORER_CONFIG,
    logLevel: 'info',
    server: { host: '127.0.0.1', proxy: { '/api': proxied, '/version': proxied, '/peer': { ...proxied, ws: true } } },
  });
  await server.listen();
  server.printUrls();
} else {
  process.stderr.write('Usage: node scripts/explorer.ts build|serve\n');
  process.exitCode = 2;
}
