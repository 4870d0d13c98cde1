/**
 * Who may use the gateway: pages of its own origin, and programs that are no browser (docs/spec/http.md#protection).
 *
 * A browser sends other people's pages here with our user's rights and from our user's machine. It cannot be kept from
 * that, but it says where a request comes from: a name in `Host` that we do not go by (DNS rebinding), the page in
 * `Origin` or `Referer`, their relation in `Sec-Fetch-Site`. A program sends none of these but `Host`.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Problem, problem } from './problem.ts';

/** The names that the gateway goes by. */
export interface AllowedHosts {
  /** Whether `authority`, as it stands in a `Host` header, is one of them. */
  has(authority: string): boolean;
}

/**
 * Loopback names and `host` with the port that `port()` tells, and the configured `names`, each either with its own
 * port or good with ours.
 */
export function createAllowedHosts(options: {
  readonly host: string;
  readonly names: readonly string[];
  readonly port: () => number;
}): AllowedHosts {
  const configured = new Set(options.names.map((name) => name.toLowerCase()));
  const ours = new Set([...LOOPBACK_NAMES, bracketed(options.host.toLowerCase())]);
  for (const wildcard of WILDCARDS) ours.delete(wildcard);
  return {
    has(authority: string): boolean {
      const text = authority.toLowerCase();
      if (configured.has(text)) return true;
      const suffix = `:${options.port()}`;
      const name = text.endsWith(suffix)
        ? text.slice(0, -suffix.length)
        : options.port() === HTTP_PORT
          ? text
          : undefined;
      return name !== undefined && (ours.has(name) || configured.has(name));
    },
  };
}

/** Why the request behind `message` is refused, or undefined when it may pass. */
export function foreignRequest(message: IncomingMessage, hosts: AllowedHosts): Problem | undefined {
  const { headers } = message;
  if (headers.host === undefined || countHeader(message, 'host') !== 1 || !hosts.has(headers.host)) {
    return problem(
      'host-refused',
      'Use the address that the gateway printed, or name this host in its configuration.',
      {
        facts: { host: headers.host ?? null },
      },
    );
  }
  if (headers.origin !== undefined && !isOurs(headers.origin, hosts)) {
    return problem('origin-refused', 'A page of another origin made this request. Nothing was done.', {
      facts: { origin: headers.origin },
    });
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin') {
    return problem('cross-site-refused', 'A page of another site made this request. Nothing was done.', {
      facts: { sec_fetch_site: site },
    });
  }
  if (headers.referer !== undefined && !isOurs(headers.referer, hosts)) {
    return problem(
      'cross-site-refused',
      'A page of another site led here. Nothing was done: type the address instead.',
    );
  }
  return undefined;
}

/** Why a request that changes state is refused for want of `token`, or undefined when it may pass. */
export function unauthorized(message: IncomingMessage, token: string): Problem | undefined {
  const headers = { 'www-authenticate': 'Bearer realm="cairn"' };
  const given = BEARER.exec(message.headers.authorization ?? '')?.[1];
  if (given === undefined) {
    return problem('token-missing', 'Send the header `Authorization: Bearer <token>` with the token of this gateway.', {
      headers,
    });
  }
  if (!isSameSecret(given, token)) {
    return problem('token-wrong', 'Send the token that this gateway was started with.', { headers });
  }
  return undefined;
}

/** Whether only this machine reaches what listens at `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '::ffff:127.0.0.1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Compares digests, so that neither the time taken nor a length tells anything of `expected`. */
function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());
}

/** Whether the page at `address` is ours. `null` and what is no HTTP address is not. */
function isOurs(address: string, hosts: AllowedHosts): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return (url.protocol === 'http:' || url.protocol === 'https:') && hosts.has(url.host);
}

/** Node keeps the first of two `Host` headers, where others may look at the last. */
function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) count++;
  }
  return count;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;
/** Addresses to listen at, which name no host. */
const WILDCARDS = ['0.0.0.0', '[::]'] as const;
const BEARER = /^Bearer +([^ ]+) *$/i;
const HTTP_PORT = 80;
