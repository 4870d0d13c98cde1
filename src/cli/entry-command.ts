/** `cairn entry`: what has become of an entry at a node. */
import { encodeUtf8 } from '#host';
import type { EntryView } from '../api/shapes.ts';
import { jsonValue, readMembers } from '../core/json-text.ts';
import { authorsOf } from '../core/signed-entry.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Exits with 1 where the node has refused the entry, and where it has none by that id. */
export async function runEntry(
  context: CommandContext,
  port: number,
  id: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const text = await withNode(context, port, (client) => client.call('entry', jsonValue({ id })));
  const view = parseAnswer<Omit<EntryView, 'data'>>(text);
  if (flags.json === true) await terminal.print(text);
  else {
    const members = readMembers(text);
    const data = members.ok ? members.value.get('data') : undefined;
    for (const [name, value] of entryRows(view, data, terminal)) {
      await terminal.print(`${terminal.style('dim', name.padEnd(NAME_WIDTH))}${value}`);
    }
  }
  return view.status === 'refused' ? EXIT_CODES.refused : EXIT_CODES.done;
}

/** `data` is the entry as it stands in the answer: never parsed and written again. */
function entryRows(view: Omit<EntryView, 'data'>, data: string | undefined, terminal: Terminal): [string, string][] {
  const rows: [string, string][] = [
    ['entry', view.id],
    ['status', describeStatus(view, terminal)],
  ];
  for (const { height, hash, index, depth } of view.places) {
    rows.push(['place', `block ${formatCount(height)} ${hash}, entry ${index}, ${onTop(depth)}`]);
  }
  if (view.since !== undefined) rows.push([view.status === 'refused' ? 'at' : 'since', view.since]);
  if (data === undefined) return rows;
  for (const { author, sequence, created } of authorsOf(encodeUtf8(data))) {
    rows.push(['signed by', `${author}, sequence ${sequence}${created === undefined ? '' : `, at ${created}`}`]);
  }
  rows.push(['data', data]);
  return rows;
}

function describeStatus({ status, places, reason, message }: Omit<EntryView, 'data'>, terminal: Terminal): string {
  const note = (text: string) => `${terminal.style('bold', status)}: ${text}`;
  switch (status) {
    case 'in-block':
      return note(places.length === 1 ? 'it is on record' : `it is on record, ${formatCount(places.length)} times`);
    case 'pending':
      return note('it waits for a block, durable at this node');
    case 'returned':
      return note('its block was abandoned, and it waits for another, durable at this node');
    case 'refused':
      return note(`${message ?? 'the node did not record it'} (${reason ?? status})`);
  }
}

function onTop(depth: number): string {
  return `${formatCount(depth)} ${depth === 1 ? 'block' : 'blocks'} on top`;
}

const NAME_WIDTH = 11;
