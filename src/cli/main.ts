/** The process behind `cairn`. */
import { EXIT_CODES } from './command-error.ts';
import { runProgram } from './program.ts';

process.on('uncaughtException', (error) => {
  // A mistake of ours, which only the top catches: 1 would be an answer.
  process.stderr.write(`cairn: ${error instanceof Error ? error.stack : error}\n`);
  process.exit(EXIT_CODES.failed);
});

const exitCode = await runProgram(process.argv.slice(2), { streams: process, env: process.env });
// Once stdout has taken all: something that is closed may still have a timer, which would keep us here.
process.stdout.write('', () => process.exit(exitCode));
