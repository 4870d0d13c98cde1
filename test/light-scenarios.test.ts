/**
 * What happens to a light client, in prose: test/light-scenarios/*.txt. A line is what happens; the indented lines after it are
 * exactly what it wants done. Chains are called by a letter and blocks by their height on it (`a12`); a chain that leaves
 * another one has a letter of its own.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Hash } from '../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../src/core/validation.ts';
import type { LightEffect, LightQuestion } from '../src/protocol/light-effects.ts';
import type { Message } from '../src/protocol/message.ts';
import { bodyOf, buildChain, reforge, TEST_PARAMS } from './support/chain-fixture.ts';
import { entryOf } from './support/entry-fixture.ts';
import { encodeRun, readRun } from './support/header-bytes.ts';
import { bookOf, LoneClient } from './support/lone-client.ts';

const FOLDER = fileURLToPath(new URL('./light-scenarios/', import.meta.url));
const GENESIS = genesisPoint(TEST_PARAMS);
const SOME_HASH = 'ef'.repeat(32) as Hash;

for (const file of globSync('*.txt', { cwd: FOLDER }).sort()) {
  const lines = readFileSync(`${FOLDER}${file}`, 'utf8').split('\n');
  test(lines[0]?.replace(/^# /, '') ?? file, () => {
    const scenario = new Scenario();
    const played: string[] = [];
    for (const line of lines) {
      if (line.startsWith('  ')) continue;
      played.push(line);
      if (line === '' || line.startsWith('#')) continue;
      played.push(...scenario.play(line).map((effect) => `  ${scenario.describe(effect)}`));
    }
    assert.deepEqual(played, lines);
  });
}

type Chain = ReturnType<typeof buildChain>;

class Scenario {
  readonly #lone = new LoneClient();
  readonly #chains = new Map<string, Chain>();
  readonly #names = new Map<Hash, string>([[GENESIS.hash, 'genesis']]);

  play(line: string): readonly LightEffect[] {
    const [subject = '', command = '', ...words] = line.split(' ');
    const lone = this.#lone;
    switch (subject) {
      case 'chain':
        this.#build(command, words);
        return [];
      case 'asked':
        return this.#ask(command, words);
      case 'seconds':
        return lone.advance(Number(command) * 1_000);
      default:
        return this.#playPeer(subject, command, words);
    }
  }

  /** One line: what is to be done, without what no reader needs. */
  describe(effect: LightEffect): string {
    switch (effect.type) {
      case 'send':
        return `to ${effect.peer}: ${this.#describeMessage(effect.message)}`;
      case 'disconnect':
        return `disconnect ${effect.peer}`;
      case 'tip-proven':
        return `${effect.peer} has proven ${this.#name(effect.point.hash)} by ${effect.report.method}`;
      case 'tip-moved': {
        const { to, forkHeight } = effect.move;
        return `tip: ${this.#name(to.hash)}${forkHeight === undefined ? '' : `, above ${forkHeight}`}`;
      }
      case 'peer-judged': {
        const { id, standing, isConnected, shown } = effect.peer;
        const at = shown === undefined ? '' : `, at ${this.#name(shown.hash)}`;
        return `${id} ${isConnected ? 'is' : 'has left,'} ${standing}${at}`;
      }
      case 'peer-convicted':
        return `convicted: ${effect.peer} of ${effect.conviction.fault.code}, by its ${effect.conviction.evidence.type}`;
      case 'answered': {
        const { result } = effect;
        if (!result.ok) return `answer: ${result.fault.code}`;
        const { header } = result.value;
        const by = header.proof === undefined ? '' : `, proven by ${header.peer}`;
        const verdict = result.value.type === 'extends' ? ` ${result.value.doesExtend ? 'yes' : 'no'}` : '';
        return `answer: ${result.value.type}${verdict} ${this.#name(header.hash)} under ${this.#name(header.tip.hash)}${by}`;
      }
      case 'report':
        return `report ${effect.code}`;
    }
  }

  /** `chain a 40`, or `chain b 44 on a30`. */
  #build(name: string, [height = '0', , fork]: readonly string[]): void {
    const below = fork === undefined ? undefined : this.#chains.get(fork.slice(0, 1));
    const shared = fork === undefined ? 0 : Number(fork.slice(1));
    const parent = shared === 0 ? GENESIS : below?.points[shared - 1];
    assert.ok(parent);
    const grown = buildChain(TEST_PARAMS, parent, Number(height) - shared, (at) => bodyOf(`"${name}${at}"`));
    for (const { hash, header } of grown.points) this.#names.set(hash, `${name}${header.height}`);
    this.#chains.set(name, {
      blocks: [...(below?.blocks.slice(0, shared) ?? []), ...grown.blocks],
      points: [...(below?.points.slice(0, shared) ?? []), ...grown.points],
    });
  }

  #ask(type: string, [first = '', second = '']: readonly string[]): readonly LightEffect[] {
    const from = this.#lone.effects.length;
    this.#lone.ask(this.#question(type, first, second));
    return this.#lone.effects.slice(from);
  }

  #question(type: string, first: string, second: string): LightQuestion {
    switch (type) {
      case 'header-at':
        return { type, height: Number(first) };
      case 'block':
        return { type, height: Number(first), hash: second === '' ? undefined : this.#point(second).hash };
      case 'entry':
        return { type, id: entryOf(`"${first}"`).id };
      case 'extends': {
        const { hash, header } = this.#point(first);
        return { type, older: { hash, height: header.height } };
      }
      default:
        throw new Error(`a scenario has no question ${type}`);
    }
  }

  /** What a peer does: `p joins a40`, `p says headers a41`, `p is silent`. */
  #playPeer(peer: string, command: string, words: readonly string[]): readonly LightEffect[] {
    const lone = this.#lone;
    const [first = '', ...others] = words;
    switch (command) {
      case 'joins':
        return lone.join(peer, this.#bookTo(first), others[0] === 'silently' ? () => [] : undefined);
      case 'has': {
        const book = this.#bookTo(first);
        lone.play(peer, (message) => book.answers(message));
        return [];
      }
      case 'leaves':
        return lone.feed({ type: 'peer-disconnected', peer, reason: 'closed' });
      case 'tells':
        return lone.receive(peer, this.#headers(words));
      case 'forges': {
        const block = this.#chains.get(first.slice(0, 1))?.blocks[Number(first.slice(1)) - 1];
        assert.ok(block);
        const { header } = reforge(block, { historyRoot: SOME_HASH });
        return lone.receive(peer, { type: 'headers', headers: encodeRun([header]) });
      }
      case 'proves': {
        const { proof } = this.#bookTo(first);
        if (others[0] === 'falsely') proof[1] = (proof[1] ?? 0) ^ 1;
        return lone.receive(peer, { type: 'chain-proof', proof });
      }
      default:
        throw new Error(`a peer in a scenario does not do ${command}`);
    }
  }

  #headers(names: readonly string[]): Message {
    return { type: 'headers', headers: encodeRun(names.map((name) => this.#point(name).header)) };
  }

  #describeMessage(message: Message): string {
    switch (message.type) {
      case 'get-headers':
        return `get-headers after ${this.#name(message.locator[0] ?? SOME_HASH)}`;
      case 'get-header-proof':
        return `get-header-proof of ${message.heights.join(' ')} under ${this.#name(message.tip)}`;
      case 'get-entry-proof':
        return `get-entry-proof under ${this.#name(message.tip)}`;
      case 'get-blocks':
        return `get-blocks ${message.hashes.map((hash) => this.#name(hash)).join(' ')}`;
      case 'headers':
        return `headers ${readRun(message.headers)
          .map(({ hash }) => this.#name(hash))
          .join(' ')}`;
      case 'goodbye':
        return `goodbye ${message.code}`;
      default:
        return message.type;
    }
  }

  #bookTo(name: string) {
    const chain = this.#chains.get(name.slice(0, 1));
    const height = Number(name.slice(1));
    assert.ok(chain);
    return bookOf({ blocks: chain.blocks.slice(0, height), points: chain.points.slice(0, height) });
  }

  #point(name: string): ChainPoint {
    const point = this.#chains.get(name.slice(0, 1))?.points[Number(name.slice(1)) - 1];
    assert.ok(point, `there is a block ${name}`);
    return point;
  }

  #name(hash: Hash): string {
    return this.#names.get(hash) ?? 'what nobody knows';
  }
}
