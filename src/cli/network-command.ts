/** `cairn network`: several nodes and a gateway, each a process of its own, in one terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import { jsonArray, jsonObject } from '../core/json-text.ts';
import type { KernelName } from '../mining/kernel-name.ts';
import { findRunning } from '../probe/running-nodes.ts';
import { abortable } from './abortable.ts';
import { type CommandContext, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { demandFreePort } from './free-port.ts';
import { GATEWAY_PORT } from './gateway-command.ts';
import { formatLogLine } from './log.ts';
import { describeExit, Member } from './member.ts';
import { hasSameTip, isConverged, NetworkWatch, type NodeView } from './network-watch.ts';
import { onStopAsked } from './orderly-stop.ts';
import { readOwnDependencies } from './own-dependencies.ts';
import { ViewDisplay } from './view-display.ts';

export interface NetworkFlags {
  readonly nodes?: number;
  readonly basePort?: number;
  readonly gatewayPort?: number;
  /** In percent, of all nodes together. */
  readonly miningShare?: number;
  readonly miningKernel?: KernelName | 'auto';
  readonly records?: boolean;
  readonly fullText?: boolean;
  /** JSON Pointers to fields. */
  readonly index?: readonly string[];
  readonly demo?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

export async function runNetwork(
  context: CommandContext,
  env: NodeJS.ProcessEnv,
  flags: NetworkFlags,
): Promise<ExitCode> {
  const ports = await choosePorts(context, flags);
  const run = new NetworkRun(context, env, flags, ports);
  const stopping = new AbortController();
  onStopAsked(() => stopping.abort());
  // A second signal ends this process, and with it whatever still runs.
  process.on('exit', () => run.killAll());
  try {
    await run.start(stopping.signal);
    await run.untilNodesAreGone(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    await run.stopAll();
  }
  return EXIT_CODES.done;
}

interface Ports {
  readonly nodes: readonly number[];
  readonly gateway: number;
}

/** Throws where a port is taken, before anything is started. */
async function choosePorts({ home, settings }: CommandContext, flags: NetworkFlags): Promise<Ports> {
  const { nodes: count = 3, basePort = 5_001 } = flags;
  const gateway = flags.gatewayPort ?? settings.gatewayPort ?? GATEWAY_PORT;
  const nodes = Array.from({ length: count }, (_, i) => basePort + i);
  const last = basePort + count - 1;
  if (last > HIGHEST_PORT || nodes.includes(gateway)) {
    const message = `${count} nodes from port ${basePort} on take up to port ${last}: choose other ports with --base-port or --gateway-port.`;
    throw new CommandError(EXIT_CODES.usage, 'ports-impossible', message);
  }
  for (const port of nodes) {
    const node = await findRunning(home, port);
    if (node !== undefined) {
      const message = `Node ${port} runs already (process ${node.pid}): stop it with \`cairn shutdown ${port}\`, or choose other ports with --base-port.`;
      throw new CommandError(EXIT_CODES.refused, 'port-in-use', message);
    }
    await demandFreePort(settings.host ?? LOOPBACK, port, 'choose other ports with --base-port');
  }
  await demandFreePort(settings.gatewayHost ?? LOOPBACK, gateway, 'choose another with --gateway-port');
  return { nodes, gateway };
}

/** The nodes of a network share one machine, and what of it may mine. */
function miningFlags({ settings }: CommandContext, flags: NetworkFlags, nodeCount: number): string[] {
  const share = Math.max(1, Math.floor((flags.miningShare ?? settings.miningShare ?? 100) / nodeCount));
  const { miningKernel: kernel } = flags;
  return ['--mining-share', String(share), ...(kernel === undefined ? [] : ['--mining-kernel', kernel])];
}

/** What the nodes keep of records. The demonstration has something to look for. */
function recordFlags({ settings }: CommandContext, flags: NetworkFlags): string[] {
  const indexes = new Set([...(flags.index ?? settings.indexes), ...(flags.demo === true ? DEMO_INDEXES : [])]);
  const hasFullText = flags.fullText === true || flags.demo === true;
  return [
    ...(flags.records === true ? ['--records'] : []),
    ...(hasFullText ? ['--full-text'] : []),
    ...[...indexes].flatMap((pointer) => ['--index', pointer]),
  ];
}

class NetworkRun {
  readonly #context: CommandContext;
  readonly #flags: NetworkFlags;
  readonly #ports: Ports;
  readonly #display: ViewDisplay;
  readonly #nodes: readonly Member[];
  readonly #gateway: Member;
  #isStopping = false;

  constructor(context: CommandContext, env: NodeJS.ProcessEnv, flags: NetworkFlags, ports: Ports) {
    this.#context = context;
    this.#flags = flags;
    this.#ports = ports;
    this.#display = new ViewDisplay(context.terminal);
    const level = flags.verbose === true ? 'info' : 'warn';
    const start = (name: string, args: readonly string[]) =>
      new Member({ name, args: [...args, '--json', '--log', level], env, onLogLine: (line) => this.#log(name, line) });
    const common = [...miningFlags(context, flags, ports.nodes.length), ...recordFlags(context, flags)];
    this.#nodes = ports.nodes.map((port) => start(`node ${port}`, ['node', String(port), ...common]));
    this.#gateway = start('gateway', ['gateway', '--port', String(ports.gateway)]);
    for (const member of [...this.#nodes, this.#gateway]) void this.#tellWhenGone(member);
  }

  /** Resolves when all run, have the same tip, and what there is to say has been said. */
  async start(signal: AbortSignal): Promise<void> {
    const { terminal } = this.#context;
    terminal.progress(`starting ${this.#nodes.length} nodes and the gateway`);
    const [gateway = ''] = await abortable(
      Promise.all([this.#gateway.ready, ...this.#nodes.map((node) => node.ready)]),
      signal,
    );
    const { url } = parseAnswer<{ readonly url: string }>(gateway);
    const watch = new NetworkWatch(this.#context);
    try {
      await watch.connect(this.#ports.nodes);
      let views = await this.#showUntil(watch, hasSameTip, signal);
      if (this.#flags.demo === true) views = await this.#demonstrate(watch, views, signal);
      this.#display.finish();
      await this.#tellWhereToLook(url, views);
    } finally {
      watch.close();
    }
  }

  async untilNodesAreGone(signal: AbortSignal): Promise<void> {
    await abortable(Promise.all(this.#nodes.map((node) => node.exited)), signal);
  }

  /** The gateway first, so that nobody asks nodes that are going. */
  async stopAll(): Promise<void> {
    this.#isStopping = true;
    const running = [...this.#nodes, this.#gateway].filter((member) => member.isRunning);
    if (running.length > 0) this.#display.talk('Stopping the nodes and the gateway …');
    await this.#gateway.stop(MEMBER_STOP_DEADLINE_MS);
    await Promise.all(this.#nodes.map((node) => node.stop(MEMBER_STOP_DEADLINE_MS)));
  }

  killAll(): void {
    for (const member of [...this.#nodes, this.#gateway]) if (member.isRunning) member.kill();
  }

  /** Records what this program is built from, on a chain that has nothing yet. */
  async #demonstrate(
    watch: NetworkWatch,
    views: readonly NodeView[],
    signal: AbortSignal,
  ): Promise<readonly NodeView[]> {
    const isFresh = views.every(({ status }) => status.tip.height === 0 && status.pending.count === 0);
    const [port] = this.#ports.nodes;
    const client = port === undefined ? undefined : watch.client(port);
    if (!isFresh || client === undefined) {
      this.#display.talk('The chain has blocks already: nothing is recorded again.');
      return views;
    }
    const entries = await readOwnDependencies();
    await client.call('append', jsonObject({ entries: jsonArray(entries) }));
    this.#display.talk(
      `Recording the ${entries.length} packages of package-lock.json (name, version, integrity) on node ${port}.`,
    );
    return this.#showUntil(
      watch,
      (now) => isConverged(now) && now.every(({ status }) => status.tip.height > 0),
      signal,
    );
  }

  /** Shows the nodes until `isReached`, or for as long as a network takes at most to get there. */
  async #showUntil(
    watch: NetworkWatch,
    isReached: (views: readonly NodeView[]) => boolean,
    signal: AbortSignal,
  ): Promise<readonly NodeView[]> {
    const giveUpMs = performance.now() + SETTLE_MS_MAX;
    for (;;) {
      const views = await watch.look();
      if (this.#flags.json !== true) await this.#display.show(views);
      if (isReached(views)) return views;
      if (performance.now() > giveUpMs) {
        this.#display.talk(
          `After ${SETTLE_MS_MAX / 1_000} s the nodes are not all at the same tip; they go on trying.`,
        );
        return views;
      }
      await delay(LOOK_INTERVAL_MS, undefined, { signal });
    }
  }

  async #tellWhereToLook(url: string, views: readonly NodeView[]): Promise<void> {
    const { terminal } = this.#context;
    if (this.#flags.json === true) {
      const nodes = views.map(({ port, status }) => ({ port, pid: status.pid, tip: status.tip }));
      await terminal.print(JSON.stringify({ gateway: { url, pid: this.#gateway.pid }, nodes }));
      return;
    }
    const [first, second = first] = this.#ports.nodes;
    const places: readonly (readonly [string, string])[] = [
      ['explorer', `${url}/`],
      ['routes', `${url}/docs`],
      ['the chain', `curl ${url}/get_chain/${first}`],
      ['mine a block', `curl -X POST -d '{"hello":"world"}' ${url}/mine_block/${second}`],
      ['check it', `curl ${url}/validate/${first}`],
      ['a node', `npx cairn status ${first}`],
      ...(this.#flags.demo === true ? [['a record', `npx cairn records ${first} --where /name=svelte`] as const] : []),
    ];
    await terminal.print('');
    for (const [what, where] of places) await terminal.print(`  ${terminal.style('dim', what.padEnd(14))}${where}`);
    await terminal.print('');
    terminal.talk('Everything stays up until Ctrl-C.');
  }

  async #tellWhenGone(member: Member): Promise<void> {
    const exit = await member.exited;
    if (!this.#isStopping) this.#display.talk(`${capitalized(member.name)} has stopped (${describeExit(exit)}).`);
  }

  #log(name: string, line: string): void {
    const { terminal } = this.#context;
    this.#display.talk(`${terminal.styleTalk('cyan', `${name} │`)} ${formatLogLine(terminal, line) ?? line}`);
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Of the packages that it records. */
const DEMO_INDEXES = ['/name', '/version'];
const LOOPBACK = '127.0.0.1';
const HIGHEST_PORT = 65_535;
const LOOK_INTERVAL_MS = 200;
/** For a new network: finding each other and a block of the easiest difficulty take a second or two. */
const SETTLE_MS_MAX = 60_000;
/** A member has 5 s of its own to close what it has open. */
const MEMBER_STOP_DEADLINE_MS = 7_000;
