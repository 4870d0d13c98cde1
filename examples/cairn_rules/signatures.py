"""Who has signed an entry, and what its network demands (docs/spec/signatures.md)."""
import re
from datetime import datetime

from . import canonical_json, ed25519
from .canonical_json import Refused
from .did_key import decode_multibase, key_of
from .ledger import genesis_hash, sha256

DEPTH_MAX = 64
PROOFS_MAX = 8
TYPE = 'DataIntegrityProof'
FIXED = {'type': TYPE, 'cryptosuite': 'eddsa-jcs-2022', 'proofPurpose': 'assertionMethod'}
NEEDED = {*FIXED, 'domain', 'proofValue', 'sequence', 'verificationMethod'}
ALLOWED = NEEDED | {'@context', 'created', 'previous', 'stamp'}


def check_entry(value, entry_id, params):
    """The authors of an entry, in the order of its proofs. Raises Refused where no block can have it."""
    if int.from_bytes(entry_id, 'big') >> 256 - params['stamp_bits'] != 0:
        raise Refused('stamp-too-low')
    proofs = proofs_of(value)
    if not proofs:
        if params['signatures'] == 'required':
            raise Refused('proof-missing')
        return []
    document = {key: value[key] for key in value if key != 'proof'}
    authors = []
    for proof in proofs:
        author = read_proof(proof, document)
        if author['author'] in [other['author'] for other in authors]:
            raise Refused('proof-author-twice')
        authors.append(author)
    for proof, author in zip(proofs, authors):
        if proof['domain'] != genesis_hash(params).hex():
            raise Refused('proof-domain-other')
        if params['writers'] and author['author'] not in params['writers']:
            raise Refused('writer-unknown')
    for proof, author in zip(proofs, authors):
        if not is_signed(document, proof, key_of(author['author'])):
            raise Refused('proof-signature-wrong')
    return authors


def proofs_of(value):
    """The proofs of an entry; none where it is not signed."""
    proof = value.get('proof') if isinstance(value, dict) else None
    if is_proof(proof):
        return [proof]
    if not isinstance(proof, list) or not any(map(is_proof, proof)):
        return []
    if not 2 <= len(proof) <= PROOFS_MAX:
        raise Refused('proof-count')
    return proof


def is_proof(value):
    return isinstance(value, dict) and value.get('type') == TYPE


def read_proof(proof, document):
    """Who makes the proof, and where it stands among all that they have signed, if it follows the profile."""
    if not isinstance(proof, dict) or not NEEDED <= proof.keys() <= ALLOWED:
        raise Refused('proof-member-invalid')
    method, created = proof['verificationMethod'], proof.get('created', '1970-01-01T00:00:00Z')
    author = method.partition('#')[0] if isinstance(method, str) else ''
    sequence, stamp = proof['sequence'], proof.get('stamp', 0.0)
    follows = [
        all(proof[key] == text for key, text in FIXED.items()),
        is_same(proof, document, '@context'),
        key_of(author) is not None and method == author + '#' + author.removeprefix('did:key:'),
        is_hash(proof['domain']),
        is_count(sequence) and is_count(stamp),
        'previous' not in proof if sequence == 0 else is_hash(proof.get('previous')),
        is_time(created),
        isinstance(proof['proofValue'], str),
    ]
    if not all(follows):
        raise Refused('proof-member-invalid')
    told = {key: proof[key] for key in ('previous', 'created') if key in proof}
    return {'author': author, 'sequence': int(sequence), **told}


def is_signed(document, proof, key):
    """Whether the key has signed both: eddsa-jcs-2022."""
    signature = decode_multibase(proof['proofValue'], 64)
    if signature is None:
        return False
    options = {name: proof[name] for name in proof if name != 'proofValue'}
    parts = [sha256(canonical_json.encode(part, DEPTH_MAX)) for part in (options, document)]
    return ed25519.is_valid(key, b''.join(parts), signature)


def is_same(one, other, key):
    """Whether both have the member with one value, or none has it."""
    if key not in one or key not in other:
        return key not in one and key not in other
    return canonical_json.encode(one[key], DEPTH_MAX) == canonical_json.encode(other[key], DEPTH_MAX)


def is_hash(value):
    return isinstance(value, str) and re.fullmatch('[0-9a-f]{64}', value) is not None


def is_count(value):
    return isinstance(value, float) and value.is_integer() and 0 <= value <= canonical_json.INTEGER_MAX


def is_time(value):
    if not isinstance(value, str) or not re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z', value):
        return False
    try:
        datetime.strptime(value, '%Y-%m-%dT%H:%M:%SZ')
    except ValueError:
        return False
    return '1970-01-01T00:00:00Z' <= value <= '2106-02-07T06:28:15Z'
