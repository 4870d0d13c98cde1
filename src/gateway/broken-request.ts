/** Answers what is no HTTP request, or does not arrive in time: on the socket itself, which is then closed. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_HEADERS, type Problem, problem } from './problem.ts';

/** For Node's `clientError`, whose parser has given `error` its code. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = brokenRequestProblem(error.code);
  const body = JSON.stringify(answer.body('/'));
  const headers = {
    ...PROBLEM_HEADERS,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    'x-content-type-options': 'nosniff',
  };
  // Who goes on sending and never reads the answer would hold the socket for as long as they like.
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(lingering));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`);
}

function brokenRequestProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return problem(
        'headers-too-large',
        'Send fewer or shorter headers: the token and the type of the body are enough.',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request-timeout', 'Send the whole request at once.');
    default:
      return problem('request-malformed', 'The request breaks the rules of HTTP/1.1. Nothing was done.');
  }
}

/** For the client to read the answer and close. */
const LINGER_MS = 1_000;
