/**
 * `npm run package`: the package, as others install it, into `dist/lib`. `npm run package:check`: packs it, installs it from
 * the registry's packages into empty folders, and uses it there on every Node that it is for.
 */
import { buildLibrary } from './package-build.ts';
import { checkPackage } from './package-check.ts';

const [what] = process.argv.slice(2);
if (what === 'build') {
  await buildLibrary();
} else if (what === 'check') {
  await buildLibrary();
  await checkPackage();
} else {
  process.stderr.write('Usage: node scripts/package.ts build|check\n');
  process.exitCode = 2;
}
