/**
 * Scenarios in prose: test/scenarios/*.txt. A line is what happens to one machine; the indented lines after it are exactly
 * what it wants done. Blocks are called by their height (`b2`, or `b2'` where there is another), entries by their JSON.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Block } from '../src/core/block.ts';
import { bodyFromEntries, entryBytes, entryCount } from '../src/core/body.ts';
import type { Hash } from '../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../src/core/validation.ts';
import type { Effect } from '../src/protocol/effects.ts';
import type { Message } from '../src/protocol/message.ts';
import { findNonce } from '../src/simulator/simulated-miner.ts';
import { bodyOf, buildBlock, TEST_PARAMS } from './support/chain-fixture.ts';
import { entryOf } from './support/entry-fixture.ts';
import { readRun } from './support/header-bytes.ts';
import { bodyMessage, headersOf, LoneMachine } from './support/lone-machine.ts';

const FOLDER = fileURLToPath(new URL('./scenarios/', import.meta.url));

for (const file of globSync('*.txt', { cwd: FOLDER }).sort()) {
  const lines = readFileSync(`${FOLDER}${file}`, 'utf8').split('\n');
  test(lines[0]?.replace(/^# /, '') ?? file, async () => {
    const scenario = new Scenario(await LoneMachine.start({ miningMode: 'entries' }));
    const played: string[] = [];
    for (const line of lines) {
      if (line.startsWith('  ')) continue;
      played.push(line);
      if (line === '' || line.startsWith('#')) continue;
      const effects = await scenario.play(line);
      played.push(...effects.map((effect) => `  ${scenario.describe(effect)}`));
    }
    assert.deepEqual(played, lines);
  });
}

class Scenario {
  readonly #lone: LoneMachine;
  readonly #names = new Map<Hash, string>([[genesisPoint(TEST_PARAMS).hash, 'b0']]);
  readonly #blocks = new Map<string, { readonly block: Block; readonly point: ChainPoint }>();

  constructor(lone: LoneMachine) {
    this.#lone = lone;
  }

  async play(line: string): Promise<readonly Effect[]> {
    const [command, subject = '', ...words] = line.split(' ');
    const lone = this.#lone;
    switch (command) {
      case 'greeting': {
        lone.connect(subject);
        return lone.receive(subject, lone.hello());
      }
      case 'submitted':
        return lone.feed({ type: 'entries-submitted', request: 1, entries: [this.#entry(subject)] });
      case 'stored': {
        const from = lone.effects.length;
        await lone.settle();
        return lone.effects.slice(from);
      }
      case 'nonce': {
        const search = lone.effects.findLast((effect) => effect.type === 'search');
        assert.ok(search);
        return lone.feed({ type: 'nonce-found', job: search.job, nonce: findNonce(search.header, 0) });
      }
      case 'made': {
        const [, parent = '', ...texts] = words;
        const point = this.#blocks.get(parent)?.point ?? genesisPoint(TEST_PARAMS);
        const built = buildBlock(TEST_PARAMS, point, bodyFromEntries(texts.map((text) => this.#entry(text).bytes)));
        this.#blocks.set(subject, built);
        this.#names.set(built.block.hash, subject);
        return [];
      }
      default:
        return lone.receive(command ?? '', this.#message(subject, words));
    }
  }

  /** One line: what is to be done, without what no reader needs. */
  describe(effect: Effect): string {
    switch (effect.type) {
      case 'send':
        return `to ${effect.peer}: ${this.#describeMessage(effect.message)}`;
      case 'commit': {
        const { blocks, pendingAdded, activate } = effect.change;
        const stored = blocks.map(({ block }) => `${this.#nameBlock(block)} with ${entriesOf(block)}`);
        const added = (activate?.added ?? []).map((hash) => this.#name(hash));
        return [
          'commit',
          ...stored,
          ...pendingAdded.map(({ id }) => this.#name(id)),
          ...(activate === undefined ? [] : [`chain: above ${activate.forkHeight} ${added.join(' ')}`]),
        ].join(', ');
      }
      case 'search':
        return `search for block ${effect.header.height} on ${this.#name(effect.header.previousHash)}`;
      case 'answer':
        return `answer: ${effect.answer.type}`;
      case 'notify': {
        const { event } = effect;
        if ('peer' in event) return `tell: ${event.type} ${event.peer}`;
        return `tell: ${event.type} ${this.#name('id' in event ? event.id : event.hash)}`;
      }
      case 'report':
        return `report ${effect.code}`;
      default:
        return effect.type;
    }
  }

  #message(type: string, words: readonly string[]): Message {
    const [first = ''] = words;
    switch (type) {
      case 'inventory':
      case 'get-entries':
        return { type, ids: words.map((text) => this.#entry(text).id) };
      case 'entries':
        return { type, arrayBytes: bodyOf(...words).bytes };
      case 'headers':
        return headersOf(words.map((name) => this.#block(name)));
      case 'block':
        return bodyMessage(this.#block(first));
      case 'changed-block':
        return { ...bodyMessage(this.#block(first)), ...{ bodyBytes: bodyOf('"changed"').bytes } };
      default:
        throw new Error(`a scenario has no message ${type}`);
    }
  }

  #describeMessage(message: Message): string {
    if ('ids' in message) return `${message.type} ${message.ids.map((id) => this.#name(id)).join(' ')}`;
    if ('hashes' in message) return `${message.type} ${message.hashes.map((hash) => this.#name(hash)).join(' ')}`;
    if ('headers' in message)
      return `headers ${readRun(message.headers)
        .map(({ hash }) => this.#name(hash))
        .join(' ')}`;
    if ('locator' in message) return `get-headers after ${message.locator.map((hash) => this.#name(hash)).join(' ')}`;
    if (message.type === 'entries') return `entries ${new TextDecoder().decode(message.arrayBytes)}`;
    return message.type === 'goodbye' ? `goodbye ${message.code}` : message.type;
  }

  #entry(text: string): ReturnType<typeof entryOf> {
    const entry = entryOf(text);
    this.#names.set(entry.id, text);
    return entry;
  }

  #block(name: string): Block {
    const built = this.#blocks.get(name);
    assert.ok(built, `${name} was made`);
    return built.block;
  }

  /** A block of the machine's own gets its name when it is first seen. */
  #nameBlock(block: Block): string {
    if (!this.#names.has(block.hash)) this.#names.set(block.hash, `b${block.header.height}`);
    return this.#name(block.hash);
  }

  #name(hash: Hash): string {
    return this.#names.get(hash) ?? hash;
  }
}

function entriesOf({ body }: Block): string {
  const texts = Array.from({ length: entryCount(body) }, (_, i) => new TextDecoder().decode(entryBytes(body, i)));
  return texts.join(' ');
}
