/** The verifier in Python, written from docs/spec alone, gives the answers of the frozen vectors. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXAMPLES, NO_PYTHON } from './support/receipt-verdicts.ts';

test('the verifier in Python says of every frozen proof and signature what is frozen', { skip: NO_PYTHON }, () => {
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', JUDGE_VECTORS, EXAMPLES, VECTORS], { encoding: 'utf8' });
  assert.equal(stderr, '');
  const answers: readonly (readonly [what: string, told: unknown, frozen: unknown])[] = JSON.parse(stdout);
  assert.ok(answers.length > 150);
  for (const [what, told, frozen] of answers) assert.deepEqual(told, frozen, what);
});

const VECTORS = fileURLToPath(new URL('../vectors/', import.meta.url));
/** Prints what the verifier in Python says of each proof of the vectors, and what the vectors say. */
const JUDGE_VECTORS = `
import json, sys
sys.path.insert(0, sys.argv[1])
from cairn_rules import canonical_json, chain_proof, did_key, ed25519, ledger
from cairn_rules import signatures as signatures_module
from verify_receipt import Refused, read_entry_proof, verify_entry_proof

def told(judge):
    try:
        return judge()
    except Refused as fault:
        return fault.code

def judge_chain(proof):
    tip, tip_hash, work = chain_proof.ChainProof(proof, params).verify()
    return [tip.height, tip_hash.hex(), str(work)]

def judge_entry(vector):
    proof = read_entry_proof(canonical_json.parse(json.dumps(vector['proof']).encode(), 64))
    tip = ledger.read_header(bytes.fromhex(vector['tip']))
    if proof['block']['tip'] != ledger.hash_of(tip):
        raise Refused('header-proof-tip-other')
    header = verify_entry_proof(proof, tip, ledger.hash_of(tip), 0)[0]
    return None if header.height <= tip.height else 'above'

def judge_signed(entry):
    value = canonical_json.parse(entry.encode(), 32)
    authors = signatures_module.check_entry(value, ledger.sha256(b'\\0', entry.encode()), params)
    return [[author['author'], author['sequence']] for author in authors]

answers = []
chains = json.load(open(sys.argv[2] + 'chain-proofs.json'))
params = ledger.read_params(canonical_json.parse(chains['params'].encode(), 2))
for draw in chains['draws']:
    work, before = int(draw['work']), int(draw['work_before_tail'])
    positions = sorted(chain_proof.draw(bytes.fromhex(draw['tip']), work, work - before))
    answers.append(['draw', [str(position) for position in positions], sorted(set(draw['positions']), key=int)])
for vector in chains['valid']:
    proof = bytearray.fromhex(vector['proof'])
    answers.append(['chain', told(lambda: judge_chain(proof)), [vector['height'], vector['tip'], vector['work']]])
for change in chains['the_last_with_one_byte_changed']:
    changed = bytearray(proof)
    changed[change['at']] = change['byte']
    answers.append([str(change), told(lambda: judge_chain(changed)), change['code'].split(':')[0]])
entries = json.load(open(sys.argv[2] + 'inclusion-proofs.json'))['entry_proofs']
for vector in entries['valid'] + entries['refused']:
    answers.append(['entry', told(lambda: judge_entry(vector)), vector.get('code')])
signatures = json.load(open(sys.argv[2] + 'signatures.json'))
for vector in signatures['ed25519']:
    parts = [bytes.fromhex(vector[key]) for key in ('public_key', 'message', 'signature')]
    answers.append([vector['comment'], ed25519.is_valid(*parts), vector['valid']])
for vector in signatures['authors']['valid']:
    answers.append(['author', did_key.key_of(vector['author']).hex(), vector['public_key']])
for text in signatures['authors']['refused']:
    answers.append(['author ' + text, did_key.is_author(text), False])
for network in signatures['networks']:
    params = ledger.read_params(canonical_json.parse(network['params'].encode(), 2))
    answers.append(['params', ledger.genesis_of(params).history_root.hex(), network['params_hash']])
    for vector in network['valid'] + network['refused']:
        authors = [[proof['author'], proof['sequence']] for proof in vector.get('proofs', [])]
        answers.append([vector['entry'], told(lambda: judge_signed(vector['entry'])), vector.get('code', authors)])
print(json.dumps(answers))
`;
