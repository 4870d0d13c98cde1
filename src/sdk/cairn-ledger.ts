/**
 * A tamper-evident JSON ledger, for programs: in Node and in browsers, over HTTP, and checked before it is believed.
 *
 * ```ts
 * import { connect } from 'cairn-ledger';
 *
 * const ledger = await connect('http://127.0.0.1:8080');
 * const { id, place } = await ledger.appendAndWait({ crate: 17, seal: 'whole' });
 * const receipt = await ledger.receipt(id); // receipt.text proves it to anybody, without us
 *
 * for await (const { type, record, cursor } of ledger.follow()) console.log(type, record.data, cursor);
 * ```
 *
 * @module
 */

export type { FieldCondition, FilterOperator, FilterValue } from '../api/record-filter.ts';
export type { NodeStatus } from '../api/shapes.ts';
export type { CheckFact, CheckStep } from '../core/check-step.ts';
export type { Did } from '../core/did-key.ts';
export type { Signer } from '../core/ed25519.ts';
export type { Submission } from './append.ts';
export type { Author, AuthorOptions, AuthorState } from './author.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { Check, Place } from './entry-checker.ts';
export type { EntryState, RecordedEntry } from './entry-state.ts';
export type { AppendOptions, Ledger, ReceiptFile, SignalOption, WaitOptions } from './ledger.ts';
export { LedgerError } from './ledger-error.ts';
export type { LedgerRecord, RecordAuthor } from './ledger-record.ts';
export { checkReceipt, type ProvenReceipt } from './receipt-file.ts';
export type { RecordPage, RecordPages, RecordsOptions } from './record-pages.ts';
export type { RecordQuery } from './record-query.ts';
export type { FollowOptions, RecordEvent, StreamPosition } from './record-stream.ts';
export { generateKey, signerFromPem, signerFromSeed } from './signer.ts';
