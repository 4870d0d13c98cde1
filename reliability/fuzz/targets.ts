/** Everything that is fuzzed. */
import type { FuzzTarget } from './target.ts';
import { ARCHIVE } from './targets/archives.ts';
import { AUTHOR_EVIDENCE } from './targets/author-evidence.ts';
import { BLOCK_JSON, BODY } from './targets/blocks.ts';
import { CANONICAL_JSON, CANONICAL_SCAN } from './targets/canonical-json.ts';
import { CHAIN_PROOF, HISTORY_PROOF } from './targets/chain-proofs.ts';
import { CONFIG_FILE, PARAMS, PEER_ADDRESS, RUNNING_NODE, VALUES } from './targets/configuration.ts';
import { CSV_RECORDS } from './targets/csv-records.ts';
import { ENTRY_LINES } from './targets/entry-lines.ts';
import { FRAME_HEADER, FRAMES, LINES } from './targets/frames.ts';
import { DIFFICULTY, HEADER, HEADER_RUN, TIMESTAMP } from './targets/headers.ts';
import { EVENT_CURSOR, HOST_AND_ORIGIN, QUERY } from './targets/http.ts';
import { ARRAY_SPLITTER, JSON_TEXT } from './targets/json-text.ts';
import { LIGHT_CLIENT } from './targets/light-client.ts';
import { MACHINE } from './targets/machine.ts';
import { ENTRY_BATCH, MESSAGES } from './targets/messages.ts';
import { BLOCK_PARTS, CANDIDATE_CHAIN, NESTING, RPC_REPLY, RPC_REQUEST } from './targets/probe.ts';
import { CONSISTENCY_PROOF, HEADER_PROOF, INCLUSION_PROOF } from './targets/proofs.ts';
import { RECEIPT } from './targets/receipts.ts';
import { SIGNATURE, SIGNED_ENTRY } from './targets/signed-entries.ts';
import { STORE_CODEC } from './targets/storage.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...[FRAME_HEADER, FRAMES, LINES, MESSAGES, ENTRY_BATCH, ENTRY_LINES, CSV_RECORDS],
  ...[CANONICAL_JSON, CANONICAL_SCAN, JSON_TEXT, ARRAY_SPLITTER, NESTING],
  ...[BODY, BLOCK_JSON, HEADER, HEADER_RUN, DIFFICULTY, TIMESTAMP, INCLUSION_PROOF, CONSISTENCY_PROOF, HEADER_PROOF],
  ...[CHAIN_PROOF, HISTORY_PROOF, SIGNED_ENTRY, SIGNATURE, RECEIPT, ARCHIVE, AUTHOR_EVIDENCE],
  ...[RPC_REQUEST, RPC_REPLY, CANDIDATE_CHAIN, BLOCK_PARTS, EVENT_CURSOR, QUERY, HOST_AND_ORIGIN],
  ...[PARAMS, PEER_ADDRESS, VALUES, CONFIG_FILE, RUNNING_NODE, STORE_CODEC],
  ...[MACHINE, LIGHT_CLIENT],
];
