/** What the program says of receipts, and what the verifier in Python says, in one form, so that they can be held against each other. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { decodeUtf8 } from '#host';
import { formatIsoTime } from '../../src/api/iso-time.ts';
import { parseReceipt, verifyReceipt } from '../../src/core/receipt.ts';
import type { Authorship } from '../../src/core/signed-entry.ts';

/** Where the verifier in Python and its rules lie. */
export const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The reason for which tests of it are skipped, where there is one. */
export const NO_PYTHON = spawnSync('python3', ['--version']).error === undefined ? false : 'python3 is not installed';

/** What a receipt proves, as the members that `verify_receipt` gives; of one that proves nothing only the code. */
export type ReceiptFacts = Readonly<Record<string, unknown>>;

/** What the program says. */
export function factsOf(content: Uint8Array): ReceiptFacts {
  const receipt = parseReceipt(content);
  if (!receipt.ok) return { code: receipt.fault.code };
  const verified = verifyReceipt(receipt.value);
  if (!verified.ok) return { code: verified.fault.code };
  const { block, tip, id, authors, index, count, network, genesis, depth, workOnTop } = verified.value;
  return {
    network,
    genesis,
    id,
    authors: authors.map(factsOfAuthor),
    height: block.header.height,
    hash: block.hash,
    index,
    count,
    time: formatIsoTime(block.header.timestamp),
    depth,
    work_on_top: workOnTop.toString(),
    tip: { height: tip.header.height, hash: tip.hash },
    entry: decodeUtf8(receipt.value.entry),
  };
}

function factsOfAuthor({ author, sequence, previous, created }: Authorship): ReceiptFacts {
  return {
    author,
    sequence,
    ...(previous === undefined ? {} : { previous }),
    ...(created === undefined ? {} : { created }),
  };
}

/** What the verifier in Python says of each, in one process. A receipt that it stumbles over fails the test. */
export async function pythonFactsOf(contents: readonly Uint8Array[]): Promise<readonly ReceiptFacts[]> {
  const python = spawn('python3', ['-B', '-c', JUDGE_LINES, EXAMPLES], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = text(python.stdout);
  for (const content of contents) python.stdin.write(`${Buffer.from(content).toString('hex')}\n`);
  python.stdin.end();
  const lines = (await answers).trimEnd().split('\n');
  assert.equal(lines.length, contents.length, 'one answer for each receipt');
  return lines.map((line) => JSON.parse(line));
}

const JUDGE_LINES = `
import json, sys
sys.path.insert(0, sys.argv[1])
from verify_receipt import Refused, verify_receipt
for line in sys.stdin:
    try:
        facts = verify_receipt(bytes.fromhex(line))
    except Refused as fault:
        facts = {'code': fault.code}
    print(json.dumps(facts))
`;
