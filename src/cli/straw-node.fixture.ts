/** A node of straw that entries are handed in at, and the command line beside it: for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { genesisHash } from '../core/genesis.ts';
import { type JsonText, jsonValue, readElements } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { DEFAULT_PARAMS, encodeParams } from '../core/params.ts';
import { type Fixture, resultOf, startFixture } from '../probe/probe-server.fixture.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import { applicationError } from '../probe/rpc-message.ts';
import { runProgram } from './program.ts';

export class StrawNode {
  /** What it has taken, in the order of its coming. */
  readonly taken: string[] = [];
  /** Which entries it refuses for good. */
  refuses: (entry: string) => boolean = () => false;
  /** How many it takes in one call. */
  entriesMax = Number.POSITIVE_INFINITY;
  /** How often entries were appended, or were to be. */
  calls = 0;
  #onBatch: () => Promise<void> = async () => undefined;

  start(t: TestContext): Promise<Fixture> {
    const status = { network: { name: 'straw', genesis: genesisHash(DEFAULT_PARAMS) } };
    return startFixture(t, {
      calls: {
        status: () => resultOf(status),
        records: () => refuse('records-off', {}),
        params: () => ({ type: 'result', json: encodeParams(DEFAULT_PARAMS) as JsonText }),
        entry: (params) => {
          const id = JSON.parse(params.get('id') ?? '');
          return this.taken.some((entry) => idOf(entry) === id) ? resultOf({}) : refuse('entry-not-found', {});
        },
        append: (params) => this.#append(textsOf(params.get('entries')), params.get('once') === 'true'),
        mine: (params) => {
          this.taken.push(...textsOf(params.get('data')));
          return resultOf({ block: { index: 1 } });
        },
      },
    });
  }

  /** Takes `count` more batches, calls `fail` then, and leaves the last of them without an answer. */
  failAfter(count: number, fail: () => void): void {
    let left = count;
    this.#onBatch = async () => {
      if (--left > 0) return;
      this.#onBatch = () => new Promise(() => undefined);
      fail();
      await this.#onBatch();
    };
  }

  recover(): void {
    this.#onBatch = async () => undefined;
  }

  async #append(entries: readonly string[], isOnce: boolean): Promise<RpcAnswer> {
    this.calls++;
    if (entries.length > this.entriesMax) return refuse('entries-too-many', { limit: this.entriesMax });
    const refused = entries.findIndex((entry) => this.refuses(entry));
    if (refused >= 0) return refuse('proof-signature-wrong', { entry: refused });
    const answered = entries.map((entry) => {
      const isHere = isOnce && this.taken.includes(entry);
      if (!isHere) this.taken.push(entry);
      return { id: idOf(entry), status: isHere ? 'already-pending' : 'pending' };
    });
    await this.#onBatch();
    return { type: 'result', json: jsonValue({ entries: answered }) };
  }
}

export function idOf(entry: string): string {
  return hashLeaf(Buffer.from(entry));
}

export async function makeHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'cairn-straw-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** What the command line says, in a home from which the node is known. */
export async function runBeside(
  { home, node }: { readonly home: string; readonly node: Fixture },
  ...args: readonly string[]
) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const exitCode = await runProgram(args, {
    streams: { stdin, stdout, stderr },
    env: { CAIRN_HOME: home, CAIRN_NODES: `127.0.0.1:${node.port}` },
  });
  stdout.end();
  stderr.end();
  return { exitCode, out: await text(stdout), talk: await text(stderr) };
}

/** The elements of an array, or the one value. */
function textsOf(json: JsonText | undefined): readonly string[] {
  const elements = readElements(json ?? '');
  return elements.ok ? elements.value : [json ?? ''];
}

function refuse(code: string, facts: Readonly<Record<string, unknown>>): RpcAnswer {
  const place = facts['entry'] === undefined ? '' : `entry ${facts['entry']}: `;
  return { type: 'error', error: applicationError(code, `${place}It says no.`, facts) };
}
