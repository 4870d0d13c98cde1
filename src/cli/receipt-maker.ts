/** Has a node make receipts, and believes none: what does not hold, or is of something else, goes no further. */
import type { ChainProofView } from '../api/proof-shapes.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { counted } from '../core/check-step.ts';
import type { Hash } from '../core/hash.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import { jsonValue } from '../core/json-text.ts';
import { parseHeaderProof } from '../core/proof-json.ts';
import {
  encodeReceipt,
  parseReceipt,
  type Receipt,
  type ReceiptFault,
  renewedReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from '../core/receipt.ts';
import { describeReceiptFault } from '../core/receipt-account.ts';
import { ok, type Result } from '../core/result.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** A receipt that holds. */
export interface HeldReceipt {
  /** As it stands in its file. */
  readonly bytes: Uint8Array;
  readonly receipt: Receipt;
  /** What it proves. */
  readonly verified: VerifiedReceipt;
}

/** What `bytes` prove, if they are a receipt that holds. Of which network is for the caller to ask. */
export function readReceipt(bytes: Uint8Array): Result<HeldReceipt, ReceiptFault> {
  const receipt = parseReceipt(bytes);
  if (!receipt.ok) return receipt;
  const verified = verifyReceipt(receipt.value);
  return verified.ok ? ok({ bytes, receipt: receipt.value, verified: verified.value }) : verified;
}

/** The node that is asked, with the port that people know it by. */
export interface AskedNode {
  readonly client: ProbeClient;
  readonly port: number;
}

/** A receipt of the entry `id`, for the node's tip of the moment. Throws a `CommandError`. */
export async function fetchReceipt({ client, port }: AskedNode, id: Hash): Promise<HeldReceipt> {
  const text = await client.call('receipt', jsonValue({ id })).catch((error: unknown) => {
    if (!(error instanceof RpcCallError) || error.rpc.data.code !== 'entry-not-in-chain') throw error;
    const message = `No block of the node at port ${port} has this entry, as far as it has looked. See what has become of the entry with \`cairn entry ${port} ${id}\`.`;
    throw new CommandError(EXIT_CODES.refused, error.rpc.data.code, message, error);
  });
  const held = believe(port, Buffer.from(`${text}\n`));
  if (held.verified.id === id) return held;
  const message = `The node at port ${port} gave a receipt of another entry, ${held.verified.id}. Nothing was written.`;
  throw new CommandError(EXIT_CODES.refused, 'receipt-entry-other', message);
}

/**
 * The same place with all the work that has come on top since. Throws a `CommandError` where the node is of another network, has
 * abandoned the block, or has less work on it than the receipt shows already.
 */
export async function renewReceipt(node: AskedNode, held: HeldReceipt): Promise<HeldReceipt> {
  const { client, port } = node;
  const { network } = parseAnswer<NodeStatus>(await client.call('status'));
  const { genesis, block, workOnTop, depth } = held.verified;
  if (network.genesis !== genesis) {
    const message = `It is of the network with the genesis ${genesis}, and the node at port ${port} is of "${network.name}" with the genesis ${network.genesis}.`;
    throw new CommandError(EXIT_CODES.refused, 'receipt-network-other', message);
  }
  const renewed = believe(port, encodeReceipt(renewedReceipt(held.receipt, await fetchProofs(node, block.hash))));
  if (renewed.verified.workOnTop >= workOnTop) return renewed;
  const message = `The node at port ${port} has ${counted(renewed.verified.depth, 'block', 'blocks')} on top of the entry, and the receipt shows ${depth}: ask a node that is further.`;
  throw new CommandError(EXIT_CODES.refused, 'receipt-not-renewable', message);
}

/** Proofs of the node's chain, and that the block is in it. Where the chain moves meanwhile, they are asked for again. */
async function fetchProofs(
  { client, port }: AskedNode,
  hash: Hash,
): Promise<{ readonly chainProof: Uint8Array; readonly block: HeaderProof }> {
  for (let attempt = 1; ; attempt++) {
    const { tip, proof } = parseAnswer<ChainProofView>(await client.call('chain-proof'));
    const chainProof = Buffer.from(proof, 'hex');
    if (tip === hash) return { chainProof, block: { tip: hash, headers: [], proof: [] } };
    try {
      const block = parseHeaderProof(JSON.parse(await client.call('header-proof', jsonValue({ tip, hash }))));
      if (block !== undefined) return { chainProof, block };
      throw untrue(port, 'Its proof is none.', 'header-proof-wrong');
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
      const { code } = error.rpc.data;
      if (MOVED.has(code) && attempt < ATTEMPTS_MAX) continue;
      if (code !== 'block-not-found') throw error;
      const message = `Its block, ${hash}, is not in the chain of the node at port ${port}: that chain never had it, or has abandoned it. See what became of the entry with \`cairn entry ${port}\` and its id.`;
      throw new CommandError(EXIT_CODES.refused, 'receipt-not-renewable', message, error);
    }
  }
}

/** What a node gave is held against the rules before it is written. */
function believe(port: number, bytes: Uint8Array): HeldReceipt {
  const held = readReceipt(bytes);
  if (held.ok) return held.value;
  throw untrue(port, describeReceiptFault(held.fault), held.fault.code);
}

function untrue(port: number, why: string, code: string): CommandError {
  return new CommandError(
    EXIT_CODES.refused,
    code,
    `The node at port ${port} gave a receipt that proves nothing. ${why}`,
  );
}

/** The node's tip is another one by now, or the tip of its proof is below the block. */
const MOVED: ReadonlySet<string> = new Set(['tip-not-active', 'height-not-below-tip']);
const ATTEMPTS_MAX = 3;
