/** Proofs as packed bytes, for their way between a threaded store and its thread: as store-codec.ts has it for all else. */
import { assert } from '../core/assert.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ProofRefusal, StoredProof } from './chain-store.ts';
import { readHashes, writeHashes } from './store-codec.ts';
import type { ByteReader, ByteSink } from './store-codec-bytes.ts';

export type HeaderProofAnswer = Result<HeaderProof, ProofRefusal>;
export type EntryProofAnswer = Result<EntryProof, ProofRefusal>;

export function writeStoredProof(sink: ByteSink, { tip, bytes }: StoredProof): void {
  sink.hash(tip);
  sink.flag(bytes !== undefined);
  if (bytes !== undefined) sink.bytes(bytes);
}

export function readStoredProof(source: ByteReader): StoredProof {
  return { tip: source.hash(), bytes: source.flag() ? source.bytes() : undefined };
}

export function writeHeaderProofAnswer(sink: ByteSink, answer: HeaderProofAnswer): void {
  sink.flag(answer.ok);
  if (answer.ok) writeHeaderProof(sink, answer.value);
  else writeRefusal(sink, answer.fault);
}

export function readHeaderProofAnswer(source: ByteReader): HeaderProofAnswer {
  return source.flag() ? ok(readHeaderProof(source)) : fail(readRefusal(source));
}

export function writeEntryProofAnswer(sink: ByteSink, answer: EntryProofAnswer): void {
  sink.flag(answer.ok);
  if (!answer.ok) return writeRefusal(sink, answer.fault);
  const { id, index, count, shape, path, block } = answer.value;
  sink.hash(id);
  sink.number(index);
  sink.number(count);
  sink.flag(shape === 'array');
  writeHashes(sink, path);
  writeHeaderProof(sink, block);
}

export function readEntryProofAnswer(source: ByteReader): EntryProofAnswer {
  if (!source.flag()) return fail(readRefusal(source));
  const [id, index, count] = [source.hash(), source.number(), source.number()];
  const shape = source.flag() ? 'array' : 'single';
  return ok({ id, index, count, shape, path: readHashes(source), block: readHeaderProof(source) });
}

function writeHeaderProof(sink: ByteSink, { tip, headers, proof }: HeaderProof): void {
  sink.hash(tip);
  sink.number(headers.length);
  for (const { bytes, work } of headers) {
    sink.bytes(bytes);
    sink.work(work);
  }
  writeHashes(sink, proof);
}

function readHeaderProof(source: ByteReader): HeaderProof {
  const tip = source.hash();
  const headers = Array.from({ length: source.length() }, () => ({ bytes: source.bytes(), work: source.work() }));
  return { tip, headers, proof: readHashes(source) };
}

function writeRefusal(sink: ByteSink, refusal: ProofRefusal): void {
  sink.text(refusal.code);
  switch (refusal.code) {
    case 'tip-not-active':
      return sink.hash(refusal.tip);
    case 'height-not-below-tip':
      sink.number(refusal.height);
      return sink.number(refusal.tipHeight);
    case 'entry-not-in-chain':
      sink.hash(refusal.id);
      return sink.number(refusal.indexedTo);
  }
}

function readRefusal(source: ByteReader): ProofRefusal {
  const code = source.text();
  if (code === 'tip-not-active') return { code, tip: source.hash() };
  if (code === 'height-not-below-tip') return { code, height: source.number(), tipHeight: source.number() };
  assert(code === 'entry-not-in-chain', 'a refusal that was written can be read');
  return { code, id: source.hash(), indexedTo: source.number() };
}
