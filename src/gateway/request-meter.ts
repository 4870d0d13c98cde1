/** How many requests the gateway has answered, and how long that took (docs/spec/http.md#metrics). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EVENT_STREAM_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import type { Metric, MetricSample } from './metrics-text.ts';
import type { GatewayApp } from './node-call.ts';

/** What is counted together. There are few of each: none of it is up to whoever asks. */
interface RequestKind {
  /** As the routes name it, such as `/api/v1/nodes/:port`; `other` for pages, and for what leads nowhere. */
  readonly route: string;
  readonly method: string;
  /** The status of the answer; `gone` where whoever had asked left before there was one. */
  readonly code: string;
}

/** A meter of all that `app` answers from now on. To be hooked on first, so that what other hooks refuse counts too. */
export function meterRequests(app: GatewayApp): RequestMeter {
  const meter = new RequestMeter();
  app.addHook('onRequest', async (request, reply) => {
    const startMs = performance.now();
    // Closed before it is finished where the client leaves, and never where it refuses an upgrade.
    const end = () => {
      reply.raw.off('finish', end).off('close', end);
      meter.count(kindOf(request, reply), isStream(reply) ? undefined : (performance.now() - startMs) / 1_000);
    };
    reply.raw.on('finish', end).on('close', end);
  });
  return meter;
}

export class RequestMeter {
  readonly #answered = new Map<string, { readonly kind: RequestKind; count: number }>();
  readonly #durations = new Map<string, Durations>();

  /** `seconds` is undefined of a stream, which lasts as long as its reader likes. */
  count(kind: RequestKind, seconds: number | undefined): void {
    const { route, method, code } = kind;
    const answered = entryOf(this.#answered, `${method} ${route} ${code}`, () => ({ kind, count: 0 }));
    answered.count++;
    if (seconds === undefined) return;
    entryOf(this.#durations, `${method} ${route}`, () => new Durations({ route, method })).add(seconds);
  }

  get metrics(): Metric[] {
    return [
      {
        name: 'cairn_gateway_requests_total',
        type: 'counter',
        help: 'Requests since the gateway started, by route, method and status; code "gone" is of those that nobody waited for.',
        samples: [...this.#answered.values()].map(({ kind, count }) => ({ labels: { ...kind }, value: count })),
      },
      {
        name: 'cairn_gateway_request_duration_seconds',
        type: 'histogram',
        help: 'Time from the headers of a request to the end of its answer, streams left out.',
        samples: [...this.#durations.values()].flatMap((durations) => durations.samples),
      },
    ];
  }
}

/** The durations of the requests of one route and method. */
class Durations {
  readonly #labels: Readonly<Record<string, string>>;
  /** How many were no longer than each of `BUCKETS_S`, and longer than the one before; the last are longer than all. */
  readonly #counts = new Array<number>(BUCKETS_S.length + 1).fill(0);
  #sumS = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.#labels = labels;
  }

  add(seconds: number): void {
    const place = BUCKETS_S.findIndex((bound) => seconds <= bound);
    const bucket = place === -1 ? BUCKETS_S.length : place;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumS += seconds;
  }

  get samples(): MetricSample[] {
    const labels = this.#labels;
    let count = 0;
    const buckets = this.#counts.map((own, i): MetricSample => {
      count += own;
      return { suffix: '_bucket', labels: { ...labels, le: String(BUCKETS_S[i] ?? '+Inf') }, value: count };
    });
    return [...buckets, { suffix: '_sum', labels, value: this.#sumS }, { suffix: '_count', labels, value: count }];
  }
}

function kindOf({ method, routeOptions: { url = '' } }: FastifyRequest, { raw }: FastifyReply): RequestKind {
  return {
    route: ROUTES.has(url) ? url : OTHER,
    method: METHODS.has(method) ? method : OTHER,
    code: raw.headersSent ? String(raw.statusCode) : 'gone',
  };
}

function isStream({ raw }: FastifyReply): boolean {
  return String(raw.getHeader('content-type')).startsWith(EVENT_STREAM_TYPE);
}

function entryOf<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}

const OTHER = 'other';
const ROUTES: ReadonlySet<string> = new Set(Object.values(HTTP_ROUTES).map(({ url }) => url));
const METHODS: ReadonlySet<string> = new Set([
  ...Object.values(HTTP_ROUTES).map(({ method }) => method),
  'HEAD',
  'OPTIONS',
]);
/** From what a node answers from memory to the longest that it may take; mining and chains go beyond. */
const BUCKETS_S = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10];
