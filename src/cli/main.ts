/** The process behind `cairn`. */
import { runProgram } from './program.ts';

const exitCode = await runProgram(process.argv.slice(2), { streams: process, env: process.env });
// Once stdout has taken all: something that is closed may still have a timer, which would keep us here.
process.stdout.write('', () => process.exit(exitCode));
