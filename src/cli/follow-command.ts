/** `cairn follow`: prints the records of a node as they come, and those that are taken back, one event a line. */
import { setTimeout as pause } from 'node:timers/promises';
import { filterJson } from '../api/filter-json.ts';
import { FOLLOW_EVENTS_MAX } from '../api/follow-shapes.ts';
import { parseRecordCursor, STREAM_START } from '../api/record-cursor.ts';
import type { FilterTexts } from '../api/record-filter-text.ts';
import { type JsonText, jsonObject, jsonValue, readMembers } from '../core/json-text.ts';
import { connectProbe, type ProbeClient, ProbeError } from '../probe/probe-client.ts';
import { answeredWithout, type CommandContext, findNode, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { readCursorFile, writeCursorFile } from './cursor-file.ts';
import { filterOfFlags } from './filter-flags.ts';

export interface FollowFlags extends FilterTexts {
  readonly after?: string;
  readonly cursorFile?: string;
  /** End when all that there is was told. */
  readonly once?: boolean;
}

/** Until it is interrupted, or nobody reads any further. A node that goes away is waited for, but not the first time. */
export async function runFollow(context: CommandContext, port: number, flags: FollowFlags): Promise<ExitCode> {
  const filter = filterJson(await filterOfFlags(context.home, flags));
  const remembered = flags.cursorFile === undefined ? undefined : await readCursorFile(flags.cursorFile);
  const walk: Walk = { context, port, filter, flags, cursor: remembered ?? readAfter(flags) };
  for (let client = await connectProbe(await findNode(context, port)); ; client = await waitForNode(context, port)) {
    try {
      return await follow(walk, client);
    } catch (error) {
      if (!isGone(error) || flags.once === true) throw error;
      context.terminal.talk(`Node ${port} has gone; waiting for it to come back.`);
    } finally {
      client.close();
    }
  }
}

interface Walk {
  readonly context: CommandContext;
  readonly port: number;
  readonly filter: JsonText;
  readonly flags: FollowFlags;
  /** Behind what stdout has taken; undefined before the node has told where it begins. */
  cursor: string | undefined;
}

async function follow(walk: Walk, client: ProbeClient): Promise<ExitCode> {
  const { terminal } = walk.context;
  const { once = false, cursorFile } = walk.flags;
  for (;;) {
    // First of all comes the place where it begins: without it, nothing that came while the node was away would be told.
    const waitS = once || walk.cursor === undefined ? 0 : WAIT_S;
    const params = jsonObject({
      after: walk.cursor === undefined ? undefined : jsonValue(walk.cursor),
      filter: walk.filter,
      limit: jsonValue(FOLLOW_EVENTS_MAX),
      wait_s: jsonValue(waitS),
    });
    const page = readPage(await client.call('follow', params, { timeoutMs: waitS * 1_000 + ANSWER_TIMEOUT_MS }));
    const lines = page.events.map((event) => `${event}\n`).join('');
    if (lines !== '' && !(await terminal.write(lines))) return EXIT_CODES.done;
    const hasMoved = page.cursor !== walk.cursor;
    walk.cursor = page.cursor;
    if (hasMoved && cursorFile !== undefined) await writeCursorFile(terminal, cursorFile, page.cursor);
    if (once && page.isCaughtUp) return EXIT_CODES.done;
  }
}

function readPage(answer: JsonText): {
  readonly events: readonly JsonText[];
  readonly cursor: string;
  readonly isCaughtUp: boolean;
} {
  const members = readMembers(answer, { levelsNoted: 1 });
  const events = members.ok ? members.value.elementsOf('events') : undefined;
  const cursor = members.ok ? members.value.get('cursor') : undefined;
  if (!members.ok || events?.ok !== true || cursor === undefined) {
    throw answeredWithout('a page of events');
  }
  const isCaughtUp = members.value.get('caught_up') === 'true';
  return { events: events.value, cursor: parseAnswer<string>(cursor), isCaughtUp };
}

function readAfter({ after }: FollowFlags): string | undefined {
  if (after === undefined || after === STREAM_START || parseRecordCursor(after) !== undefined) return after;
  const message = `--after takes the cursor of an event, or "${STREAM_START}" for all records from the first one on, and not ${JSON.stringify(after)}.`;
  throw new CommandError(EXIT_CODES.usage, 'cursor-invalid', message);
}

async function waitForNode(context: CommandContext, port: number): Promise<ProbeClient> {
  for (;;) {
    await pause(LOOK_INTERVAL_MS);
    try {
      return await connectProbe(await findNode(context, port));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** Whether the node does not answer, and may again. */
function isGone(error: unknown): boolean {
  if (error instanceof ProbeError) return error.code !== 'probe-protocol';
  return error instanceof CommandError && error.code === 'node-unknown';
}

const WAIT_S = 30;
/** For an answer beyond what was to be waited for. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Between two looks for a node that has gone. */
const LOOK_INTERVAL_MS = 500;
