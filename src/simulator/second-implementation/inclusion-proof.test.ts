/** That the slow judge of inclusion proofs and `src/core` give the same verdict, on frozen proofs and on changed ones. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyEntryProof } from '../../core/entry-proof.ts';
import { type Header, parseHeader } from '../../core/header.ts';
import { verifyHeaderProof } from '../../core/header-proof.ts';
import { parseEntryProof, parseHeaderProof } from '../../core/proof-json.ts';
import { type EntryProofText, type HeaderProofText, judgeEntryProof, judgeHeaderProof } from './inclusion-proof.ts';

interface Vectors<Proof> {
  readonly valid: readonly { readonly tip: string; readonly proof: Proof }[];
  readonly refused: readonly { readonly tip: string; readonly proof: Proof }[];
}

const vectors: { readonly header_proofs: Vectors<HeaderProofText>; readonly entry_proofs: Vectors<EntryProofText> } =
  JSON.parse(readFileSync(new URL('../../../vectors/inclusion-proofs.json', import.meta.url), 'utf8'));
const { header_proofs, entry_proofs } = vectors;

test('frozen proofs are accepted, and refused, by the slow judge', () => {
  for (const { tip, proof } of header_proofs.valid) assert.notEqual(typeof judgeHeaderProof(proof, tip), 'string');
  for (const { tip, proof } of header_proofs.refused) assert.equal(typeof judgeHeaderProof(proof, tip), 'string');
  for (const { tip, proof } of entry_proofs.valid) assert.notEqual(typeof judgeEntryProof(proof, tip), 'string');
  for (const { tip, proof } of entry_proofs.refused) assert.equal(typeof judgeEntryProof(proof, tip), 'string');
});

test('of a header proof that was changed, both say the same', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...header_proofs.valid), changes, ({ tip, proof }, change) => {
      const headers = changed(proof.headers, change.headers, 236);
      const works = change.works === undefined ? proof.works : proof.works.map((work) => `${BigInt(work) + 1n}`);
      const other = { ...proof, headers, works, proof: changed(proof.proof, change.hashes, 64) };
      const parsed = parseHeaderProof(other);
      if (parsed === undefined) return;
      const core = verifyHeaderProof(parsed, headerOf(tip));
      const slow = judgeHeaderProof(other, tip);
      assert.equal(core.ok, typeof slow !== 'string', String(slow));
      if (!core.ok || typeof slow === 'string') return;
      accepted++;
      assert.deepEqual(
        core.value.map(({ hash, work }) => ({ hash, work })),
        slow.map(({ hash, work }) => ({ hash, work })),
      );
    }),
    { seed: 20261122, numRuns: 2_000 },
  );
  assert.ok(accepted > 50, 'some were not changed at all');
});

test('of an entry proof that was changed, both say the same', () => {
  fc.assert(
    fc.property(fc.constantFrom(...entry_proofs.valid), changes, ({ tip, proof }, change) => {
      const { block } = proof;
      const other = {
        ...proof,
        index: proof.index + (change.index ?? 0),
        count: proof.count + (change.count ?? 0),
        shape: change.works === undefined ? proof.shape : 'single',
        path: changed(proof.path, change.hashes, 64),
        block: { ...block, headers: changed(block.headers, change.headers, 236) },
      };
      const parsed = parseEntryProof(other);
      if (parsed === undefined) return;
      const core = verifyEntryProof(parsed, headerOf(tip));
      const slow = judgeEntryProof(other, tip);
      assert.equal(core.ok, typeof slow !== 'string', String(slow));
      if (core.ok) assert.equal(BigInt(core.value.header.height), slow);
    }),
    { seed: 20261122, numRuns: 2_000 },
  );
});

/** What is done to a text of pieces: one taken out, one put in again at another place, or a digit changed. */
const change = fc.option(
  fc.record({ type: fc.constantFrom('cut', 'double', 'digit'), from: fc.nat(999), to: fc.nat(99_999) }),
  { nil: undefined, freq: 1 },
);
const step = fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined, freq: 1 });
const changes = fc.record({ headers: change, hashes: change, works: step, index: step, count: step });

function changed(
  text: string,
  what: { readonly type: string; readonly from: number; readonly to: number } | undefined,
  digits: number,
): string {
  if (what === undefined || text === '') return text;
  const pieces = text.match(new RegExp(`.{${digits}}`, 'g')) ?? [];
  const from = what.from % pieces.length;
  if (what.type === 'cut') return pieces.toSpliced(from, 1).join('');
  if (what.type === 'double') return pieces.toSpliced(what.to % pieces.length, 0, pieces[from] ?? '').join('');
  const at = what.to % text.length;
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
}

function headerOf(hex: string): Header {
  const header = parseHeader(Buffer.from(hex, 'hex'));
  assert.ok(header.ok);
  return header.value;
}
