/**
 * The gateway: HTTP on one side, questions to nodes on the other (docs/spec/http.md).
 *
 * It keeps nothing of the ledger and judges nothing of it. It decides who may ask, puts the question to the node, and
 * passes the answer on as the text that it is.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger, InjectOptions } from 'fastify';
import type { CairnHome } from '../probe/cairn-home.ts';
import type { ProbeTarget } from '../probe/probe-client.ts';
import { addBlockRoutes } from './block-routes.ts';
import { addChainRoutes } from './chain-routes.ts';
import { addDocumentation } from './documentation.ts';
import { addExplorer, EXPLORER_FOLDER } from './explorer-files.ts';
import { GATEWAY_LIMITS, type GatewayLimits } from './gateway-limits.ts';
import { addRateLimit, createHttpServer } from './http-server.ts';
import { refuseOtherMethods, watchMethods } from './method-refusal.ts';
import { addMetricsRoute } from './metrics-routes.ts';
import { addNetworkRoutes } from './network-routes.ts';
import { createNodeDirectory } from './node-directory.ts';
import { addNodeRoutes } from './node-routes.ts';
import { addPeerDoor } from './peer-door.ts';
import { Places } from './places.ts';
import { addProofRoutes } from './proof-routes.ts';
import { createAllowedHosts, foreignRequest, isLoopback, unauthorized } from './protection.ts';
import { addRecordsRoutes } from './records-routes.ts';
import { meterRequests } from './request-meter.ts';
import { addSeedRoutes } from './seed-routes.ts';
import { addServiceRoutes } from './service-routes.ts';
import { addStreamRoutes } from './stream-routes.ts';
import { addUpgrades } from './upgrades.ts';

export interface GatewayOptions {
  /** Whose running nodes are within reach. */
  readonly home: CairnHome;
  /** Where to listen. Beyond loopback a `token` is needed. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Nodes within reach beside the running ones. */
  readonly configuredNodes?: readonly ProbeTarget[];
  /** When there is one, whatever changes state must carry it. At least 16 characters. */
  readonly token?: string;
  /** Names that the gateway goes by beside those of loopback, with a port or without. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<GatewayLimits>;
  /** Where the built explorer stands, if not in the installation. */
  readonly explorerFolder?: URL;
  readonly logger?: FastifyBaseLogger;
}

export interface Gateway {
  /** Opens the socket. */
  listen(): Promise<void>;
  /** The port it listens on; before `listen`, the one it was told. */
  readonly port: number;
  /** Ends event streams, answers what still waits with `gateway-stopping`, and closes every socket within a second. */
  close(): Promise<void>;
  /** Answers a request without a socket. */
  inject(request: InjectOptions): Promise<InjectedAnswer>;
}

/** An answer as `inject` gives it. */
interface InjectedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The body before it is taken for text. */
  readonly rawPayload: Buffer;
}

/** A gateway that must not start as it is configured. */
export class GatewayConfigurationError extends Error {
  override readonly name = 'GatewayConfigurationError';
  readonly code: 'token-required' | 'token-too-short';

  constructor(code: 'token-required' | 'token-too-short', message: string) {
    super(message);
    this.code = code;
  }
}

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { home, host, configuredNodes = [], token, allowedHosts = [] } = options;
  checkToken(host, token);
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const stopping = new AbortController();
  const app = createHttpServer(limits, stopping.signal, options.logger);
  const requests = meterRequests(app);
  const directory = createNodeDirectory({ home, configured: configuredNodes, limits });
  let { port } = options;

  const hosts = createAllowedHosts({ host, names: allowedHosts, port: () => port });
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    const refused = foreignRequest(raw, hosts);
    if (refused !== undefined) throw refused;
    const unproven =
      token !== undefined && routeOptions.config.changesState === true ? unauthorized(raw, token) : undefined;
    if (unproven !== undefined) throw unproven;
  });
  await addRateLimit(app, limits);
  await addDocumentation(app, token !== undefined);
  const methods = watchMethods(app);
  const parts = {
    directory,
    limits,
    requests,
    eventStreams: new Places('event streams', limits.eventStreamsMax),
    peerDoors: new Places('connections to peer doors', limits.peerStreamsMax),
    nodeCalls: new Places('calls under way', limits.nodeCallsMax),
    stopping: stopping.signal,
  };
  addSeedRoutes(app, parts);
  addNetworkRoutes(app, parts);
  addNodeRoutes(app, parts);
  addBlockRoutes(app, parts);
  addChainRoutes(app, parts);
  addProofRoutes(app, parts);
  addRecordsRoutes(app, parts);
  addServiceRoutes(app, parts);
  addMetricsRoute(app, parts);
  const upgrades = addUpgrades(app);
  addPeerDoor(app, parts, upgrades);
  addStreamRoutes(app, parts, upgrades);
  await addExplorer(app, options.explorerFolder ?? EXPLORER_FOLDER);
  refuseOtherMethods(app, methods);
  await app.ready();

  return {
    get port() {
      return port;
    },
    async listen() {
      await app.listen({ host, port });
      ({ port } = app.server.address() as AddressInfo);
    },
    async close() {
      stopping.abort();
      // A connection that falls idle after the close began would stay until its client leaves.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
      const lastResort = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
      await app.close();
      clearInterval(sweep);
      clearTimeout(lastResort);
      directory.close();
    },
    inject: (request) => app.inject(request),
  };
}

function checkToken(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host)) {
    throw new GatewayConfigurationError(
      'token-required',
      `A gateway that listens beyond loopback (${host}) needs a token for what changes state: name a file with one (--token-file), or listen on 127.0.0.1.`,
    );
  }
  if (token !== undefined && token.length < TOKEN_LENGTH_MIN) {
    throw new GatewayConfigurationError(
      'token-too-short',
      `The token has ${token.length} characters and needs at least ${TOKEN_LENGTH_MIN}, drawn at random.`,
    );
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a gateway with a token guards the route. */
    changesState?: boolean;
  }
}

const TOKEN_LENGTH_MIN = 16;
/** For answers under way, when the gateway stops. */
const STOP_GRACE_MS = 1_000;
const SWEEP_MS = 20;
