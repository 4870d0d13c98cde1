/** `cairn peers`: whom a node is connected to. */
import type { PeerView } from '../api/shapes.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { type Column, formatCount, formatSeconds, tableLines } from './table.ts';

export async function runPeers(
  context: CommandContext,
  port: number,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const text = await withNode(context, port, (client) => client.call('peers'));
  if (flags.json === true) {
    await terminal.print(text);
    return EXIT_CODES.done;
  }
  const { peers } = parseAnswer<{ readonly peers: readonly PeerView[] }>(text);
  if (peers.length === 0) {
    terminal.talk(`Node ${port} has no peers. Start another node on this machine, or name one with --peer.`);
    return EXIT_CODES.done;
  }
  const rows = peers.map((peer) => [
    peer.id,
    peer.direction,
    formatCount(peer.height),
    formatSeconds(peer.connected_s),
    String(Math.round(peer.score)),
    peer.agent,
    peer.address,
  ]);
  for (const line of tableLines(COLUMNS, rows)) await terminal.print(line);
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column[] = [
  { title: 'peer' },
  { title: 'direction' },
  { title: 'height', align: 'right' },
  { title: 'connected', align: 'right' },
  { title: 'score', align: 'right' },
  { title: 'agent' },
  { title: 'address' },
];
