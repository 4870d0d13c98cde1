/** What can be told in a scenario: each sentence as a pattern, and what it does. */
import { assert } from '../core/assert.ts';
import { endFaults } from './planned-event.ts';
import type { ScenarioStage } from './scenario-stage.ts';
import { NODE, NODES, NUMBER, nodeIn, nodesIn, TIME, timeIn } from './scenario-words.ts';
import type { SimulatedNode } from './simulated-node.ts';

export interface Sentence {
  readonly pattern: RegExp;
  tell(stage: ScenarioStage, ...words: string[]): void | Promise<void>;
}

function sentence(pattern: string, tell: Sentence['tell']): Sentence {
  return { pattern: new RegExp(`^${pattern}$`), tell };
}

/** What happens. */
const EVENTS: readonly Sentence[] = [
  sentence(`${TIME} go(?:es)? by`, (stage, time = '') => stage.world.run(timeIn(time))),
  sentence(`${NODES} (?:is|are) cut off from the rest`, (stage, these = '') => {
    return stage.befall({ type: 'cut', these: nodesIn(these), those: stage.others(nodesIn(these)), manner: 'broken' });
  }),
  sentence(`${NODES} (?:is|are) cut off from ${NODES}`, (stage, these = '', those = '') => {
    return stage.befall({ type: 'cut', these: nodesIn(these), those: nodesIn(those), manner: 'broken' });
  }),
  sentence(`the lines between ${NODES} and the rest go dead`, (stage, these = '') => {
    return stage.befall({ type: 'cut', these: nodesIn(these), those: stage.others(nodesIn(these)), manner: 'silent' });
  }),
  sentence(`nobody hears ${NODE}`, (stage, node = '') => {
    return stage.befall({ type: 'cut', these: [nodeIn(node)], those: stage.others([nodeIn(node)]), manner: 'one-way' });
  }),
  sentence('all lines are whole again', (stage) => stage.world.heal()),
  sentence('everything is put right', (stage) => endFaults(stage.world)),
  sentence(`${NODES} crash(?:es)?`, (stage, nodes = '') => {
    for (const node of stage.some(nodesIn(nodes))) stage.world.crash(node);
  }),
  sentence(`${NODE} crashes as soon as its next commit is on disk`, (stage, node = '') => {
    stage.crashAtNextCommit(nodeIn(node));
  }),
  sentence(`${NODES} starts? again`, async (stage, nodes = '') => {
    for (const node of stage.some(nodesIn(nodes))) if (!node.isUp) await stage.world.start(node);
  }),
  sentence(`for ${TIME} one node after the other is replaced every ${TIME}`, async (stage, time = '', every = '') => {
    const { world } = stage;
    const endMs = world.nowMs + timeIn(time);
    for (let i = 0; world.nowMs < endMs; i++) {
      const node = world.node(i % world.nodes.length);
      world.crash(node);
      await world.run(timeIn(every));
      await world.start(node);
    }
  }),
  sentence(`the clock of ${NODE} is set ${TIME} (ahead|back)`, (stage, node = '', time = '', direction = '') => {
    const aheadMs = timeIn(time) * (direction === 'ahead' ? 1 : -1);
    return stage.befall({ type: 'clock-set', node: nodeIn(node), aheadMs });
  }),
  sentence(`the clock of ${NODE} is right again`, (stage, node = '') => stage.world.node(nodeIn(node)).clock.set(0)),
  sentence(`the disk of ${NODE} is full`, (stage, node = '') =>
    stage.befall({ type: 'disk-full', node: nodeIn(node) }),
  ),
  sentence(`the disk of ${NODE} has room again`, (stage, node = '') => {
    stage.world.node(nodeIn(node)).disk.isFull = false;
  }),
  sentence(`a block ${NUMBER} below the tip goes bad on the disk of ${NODE}`, async (stage, depth = '', node = '') => {
    const { disk } = stage.world.node(nodeIn(node));
    const before = disk.damagedHashes.size;
    await stage.befall({ type: 'damage', node: nodeIn(node), depth: Number(depth) });
    assert(disk.damagedHashes.size === before + 1, 'there is such a block, and another has it, too');
  }),
  sentence(`a copy is made of the disk of ${NODE}`, (stage, node = '') => stage.copyDisk(nodeIn(node))),
  sentence(`the copy of the disk of ${NODE} is put back`, (stage, node = '') => stage.putBack(nodeIn(node))),
  sentence(`${NUMBER} entr(?:y is|ies are) handed in at ${NODE}`, (stage, count = '', node = '') => {
    stage.submit(nodeIn(node), Number(count));
  }),
  sentence(
    `(?:a|an) ([a-z-]+)(?: with ${NUMBER} % of the power)? dials ${NODES}`,
    (stage, name = '', percent = '0', nodes = '') => stage.admit(name, nodesIn(nodes), Number(percent)),
  ),
  sentence('the hostile peers leave', (stage) => {
    for (const endpoint of stage.hostile) endpoint.leave();
  }),
];

/** What must hold. */
const CLAIMS: readonly Sentence[] = [
  sentence(`all agree within ${TIME}`, (stage, time = '') => {
    return stage.world.until('all agree', timeIn(time), () => stage.agree(stage.world.nodes));
  }),
  sentence(`${NODES} agree within ${TIME}`, (stage, nodes = '', time = '') => {
    return stage.world.until(`${nodes} agree`, timeIn(time), () => stage.agree(stage.some(nodesIn(nodes))));
  }),
  sentence(`${NODE} and ${NODE} follow different blocks`, (stage, one = '', other = '') => {
    const nodes = stage.some([nodeIn(one), nodeIn(other)]);
    assert(!stage.agree(nodes), `${one} and ${other} follow different blocks; ${stage.world.describe()}`);
  }),
  sentence(`every entry is in a block within ${TIME}`, (stage, time = '') => {
    return stage.world.until('every entry is in a block', timeIn(time), () => stage.hasSettled());
  }),
  sentence('no entry is lost', (stage) => stage.assertNothingLost()),
  sentence(`${NUMBER} entries were acknowledged`, (stage, count = '') => {
    const { length } = stage.acknowledged();
    assert(length === Number(count), `${count} entries were acknowledged, not ${length}`);
  }),
  sentence(`${NODE} says that its disk is full`, (stage, node = '') => {
    assert(stage.world.node(nodeIn(node)).machine.fullSinceMs !== undefined, `${node} knows that its disk is full`);
  }),
  sentence(`the disk of ${NODE} is whole within ${TIME}`, (stage, node = '', time = '') => {
    const { disk } = stage.world.node(nodeIn(node));
    return stage.world.until(`the disk of ${node} is whole`, timeIn(time), () => disk.damagedHashes.size === 0);
  }),
  sentence(`some node has left ${NUMBER} blocks or more at once`, (stage, blocks = '') => {
    const { deepest } = stage.inspector.reorganisations;
    assert(deepest >= Number(blocks), `some node has left ${blocks} blocks at once; the most was ${deepest}`);
  }),
  sentence(`${NODES} (?:is|are) ${NUMBER} blocks? or more ahead of ${NODE} within ${TIME}`, (stage, ...words) => {
    const [nodes = '', blocks = '', other = '', time = ''] = words;
    const heightOf = (node: SimulatedNode) => node.machine.tip.header.height;
    const behind = stage.world.node(nodeIn(other));
    return stage.world.until(`${nodes} are ahead of ${other}`, timeIn(time), () => {
      return stage.some(nodesIn(nodes)).every((node) => heightOf(node) >= heightOf(behind) + Number(blocks));
    });
  }),
  sentence(`${NODE} is (\\d+) blocks or more ahead of ${NODE}`, (stage, one = '', blocks = '', other = '') => {
    const [ahead = 0, behind = 0] = stage
      .some([nodeIn(one), nodeIn(other)])
      .map(({ machine }) => machine.tip.header.height);
    assert(ahead - behind >= Number(blocks), `${one} is at ${ahead}, ${other} at ${behind}`);
  }),
];

export const SENTENCES: readonly Sentence[] = [...EVENTS, ...CLAIMS];
