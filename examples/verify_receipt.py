#!/usr/bin/env python3
"""Checks receipts of a Cairn ledger with nothing but Python's standard library: no node, no network, nobody to be believed.

    verify_receipt.py order-17.receipt.json                         of the network "cairn"
    verify_receipt.py contract.pdf                                  the file, by contract.pdf.receipt.json beside it
    verify_receipt.py --network network.json *.receipt.json         of another one, by its parameter file
    verify_receipt.py --genesis dc4ce6c5... --json *.receipt.json   of another one, by its genesis

It was written from the pages in docs/spec and shares nothing with the program that makes receipts; the marks in brackets
are their rules. It exits with 1 where a receipt does not hold, and with 2 where it was called wrongly.
"""
import argparse
import hashlib
import json
import os
import sys
from datetime import datetime, timezone

from cairn_rules import canonical_json
from cairn_rules.canonical_json import Refused
from cairn_rules.chain_proof import ChainProof
from cairn_rules.ledger import (
    data_root,
    genesis_hash,
    history_leaf,
    history_root,
    read_header,
    read_params,
    root_by_path,
    sha256,
    target_of,
)
from cairn_rules.signatures import check_entry

RECEIPT_BYTES_MAX = 4 * 1024 * 1024
RECEIPT_DEPTH_MAX = 64
RECEIPT_SUFFIX = '.receipt.json'


def verify_receipt(content):
    """What the bytes of a receipt prove. Raises Refused where that is nothing (C3)."""
    receipt = read_receipt(content)
    params, entry, proof = receipt['network'], receipt['entry'], receipt['entry_proof']
    entry_id = sha256(b'\0', entry)
    if proof['id'] != entry_id:
        raise Refused('receipt-entry-other')
    if not is_place_of(entry, proof, params):
        raise Refused('receipt-place-impossible')
    tip, tip_hash, work = ChainProof(receipt['chain_proof'], params).verify()
    if proof['block']['tip'] != tip_hash:
        raise Refused('receipt-tip-other')
    header, block_hash, work_up_to = verify_entry_proof(proof, tip, tip_hash, work)
    if int.from_bytes(block_hash, 'big') > (target_of(header.bits) or 0):
        raise Refused('receipt-work-too-low')
    authors = check_entry(receipt['value'], entry_id, params)
    return {
        'network': params['name'],
        'genesis': genesis_hash(params).hex(),
        'id': entry_id.hex(),
        'authors': authors,
        'height': header.height,
        'hash': block_hash.hex(),
        'index': proof['index'],
        'count': proof['count'],
        'time': f'{datetime.fromtimestamp(header.time, timezone.utc):%Y-%m-%dT%H:%M:%SZ}',
        'depth': tip.height - header.height,
        'work_on_top': str(work - work_up_to),
        'tip': {'height': tip.height, 'hash': tip_hash.hex()},
        'entry': entry.decode('utf-8'),
    }


def is_place_of(entry, proof, params):
    """Whether a block can have the entry there: headers do not say what their blocks hold (C3.3)."""
    if proof['shape'] == 'single':
        return proof['count'] == 1 and not entry.startswith(b'[')
    return proof['count'] <= params['entries_max']


def read_receipt(content):
    """The members of a receipt, each in the form in which it is judged (C1)."""
    if len(content) > RECEIPT_BYTES_MAX:
        raise Refused('receipt-too-large')
    try:
        members = canonical_json.parse(content, RECEIPT_DEPTH_MAX)
    except Refused as fault:
        raise Refused('receipt-not-utf8' if fault.code == 'utf8-invalid' else 'receipt-not-json') from fault
    if not isinstance(members, dict):
        raise Refused('receipt-not-json')
    if members.get('format') != 'cairn/receipt/1':
        raise Refused('receipt-member-invalid')
    if members.keys() != {'format', 'network', 'entry', 'entry_proof', 'chain_proof'}:
        raise Refused('receipt-member-invalid')
    params = read_params(members['network'])
    try:
        entry = canonical_json.encode(members['entry'], params['depth_max'])
    except Refused as fault:
        raise Refused('receipt-entry-invalid') from fault
    if len(entry) > params['entry_bytes_max']:
        raise Refused('receipt-entry-invalid')
    return {
        'network': params,
        'entry': entry,
        'value': members['entry'],
        'entry_proof': read_entry_proof(members['entry_proof']),
        'chain_proof': read_hex(members['chain_proof']),
    }


def read_entry_proof(value):
    """I8."""
    try:
        block = value['block']
        works = [read_work(work) for work in block['works']]
        headers = read_hex(block['headers'])
        if not isinstance(block['works'], list) or len(works) > 64 or len(headers) != 118 * len(works):
            raise Refused('receipt-member-invalid')
        if value['shape'] not in ('single', 'array'):
            raise Refused('receipt-member-invalid')
        return {
            'id': read_hash(value['id']),
            'index': read_count(value['index']),
            'count': read_count(value['count']),
            'shape': value['shape'],
            'path': read_hashes(value['path'], 32),
            'block': {
                'tip': read_hash(block['tip']),
                'headers': [headers[at : at + 118] for at in range(0, len(headers), 118)],
                'works': works,
                'proof': read_hashes(block['proof'], 2048),
            },
        }
    except (TypeError, KeyError) as fault:
        raise Refused('receipt-member-invalid') from fault


def read_hex(value):
    if not isinstance(value, str) or len(value) % 2 != 0 or not set(value) <= set('0123456789abcdef'):
        raise Refused('receipt-member-invalid')
    return bytes.fromhex(value)


def read_hash(value):
    content = read_hex(value)
    if len(content) != 32:
        raise Refused('receipt-member-invalid')
    return content


def read_hashes(value, count_max):
    content = read_hex(value)
    if len(content) % 32 != 0 or len(content) > 32 * count_max:
        raise Refused('receipt-member-invalid')
    return [content[at : at + 32] for at in range(0, len(content), 32)]


def read_count(value):
    if not isinstance(value, float) or not value.is_integer() or not 0 <= value < 2**53:
        raise Refused('receipt-member-invalid')
    return int(value)


def read_work(value):
    if not isinstance(value, str) or not 1 <= len(value) <= 78 or not set(value) <= set('0123456789'):
        raise Refused('receipt-member-invalid')
    return int(value)


# --- Inclusion proofs (inclusion-proof.md) ---


def verify_entry_proof(proof, tip, tip_hash, tip_work):
    """The header of the entry's block, its hash, and the work up to it (I1 to I6)."""
    block = proof['block']
    if len(block['headers']) > 1:
        raise Refused('entry-proof-headers')
    if block['headers']:
        [content], [work] = block['headers'], block['works']
        header, block_hash = read_header(content), sha256(content)
        if header.height >= tip.height:
            raise Refused('header-proof-disordered')
        if work >= 2**256:
            raise Refused('header-proof-wrong')
        root = root_by_path(history_leaf(content, work), header.height, tip.height, block['proof'])
        if root is None or history_root(tip.height, root) != tip.history_root:
            raise Refused('header-proof-wrong')
    else:
        header, block_hash, work = tip, tip_hash, tip_work
        if block['proof']:
            raise Refused('header-proof-wrong')
    shape = {'single': 1, 'array': 2}[proof['shape']]
    root = root_by_path(proof['id'], proof['index'], proof['count'], proof['path'])
    if root is None or proof['count'] >= 2**32 or data_root(shape, proof['count'], root) != header.data_root:
        raise Refused('entry-proof-wrong')
    return header, block_hash, work


# --- Command line ---


def verify_file(path, expected_genesis):
    """What the receipt at `path` proves, or the one beside the file at `path` (C9)."""
    beside = path + RECEIPT_SUFFIX
    is_file = not path.endswith(RECEIPT_SUFFIX) and os.path.exists(beside)
    with open(beside if is_file else path, 'rb') as file:
        outcome = verify_receipt(file.read(RECEIPT_BYTES_MAX + 1))
    if outcome['genesis'] != expected_genesis:
        raise Refused('receipt-network-other')
    if is_file:
        if recorded_file(outcome['entry']) != digest_of(path):
            raise Refused('receipt-file-other')
    return outcome


def recorded_file(entry):
    """SHA-256 and size of the file that an entry is about (C8)."""
    value = canonical_json.parse(entry.encode('utf-8'), RECEIPT_DEPTH_MAX)
    if not isinstance(value, dict) or value.get('type') != 'cairn/file/1' or not isinstance(value.get('name', ''), str):
        raise Refused('receipt-of-no-file')
    try:
        return read_hash(value.get('sha256')).hex(), read_count(value.get('size'))
    except Refused as fault:
        raise Refused('receipt-of-no-file') from fault


def digest_of(path):
    """SHA-256 and size of a file, which may be larger than memory."""
    digest, size = hashlib.sha256(), 0
    with open(path, 'rb') as file:
        while piece := file.read(1024 * 1024):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def tell(path, outcome):
    """What people want to know of a receipt that holds."""
    time = datetime.strptime(outcome['time'], '%Y-%m-%dT%H:%M:%SZ')
    print(f'{path}: on record.')
    print(f'  entry    {ascii_of(outcome["entry"])}')
    print(f'  id       {outcome["id"]}')
    for author in outcome['authors']:
        print(f'  signed   by {author["author"]}, number {author["sequence"]} of this author, counted from 0')
    print(f'  block    {outcome["height"]} of {time:%d/%m/%Y, %H:%M:%S} UTC')
    print(f'  place    entry {outcome["index"] + 1} of {outcome["count"]}')
    print(f'  on top   {outcome["depth"]} block{"" if outcome["depth"] == 1 else "s"}, {outcome["work_on_top"]} hash tries expected')
    print(f'  network  {outcome["network"]}, genesis {outcome["genesis"]}')


def ascii_of(text):
    """On one line, with nothing in it that could turn or hide what follows."""
    visible = text.encode('unicode_escape').decode('ascii')
    return visible if len(visible) <= 200 else visible[:200] + '...'


def genesis_text(text):
    if len(text) != 64 or not set(text) <= set('0123456789abcdef'):
        raise ValueError(text)
    return text


def genesis_of_file(path):
    """Of the network with the parameters that stand there."""
    with open(path, 'rb') as file:
        return genesis_hash(read_params(canonical_json.parse(file.read(), 2))).hex()


def main():
    parser = argparse.ArgumentParser(description='Checks receipts of a Cairn ledger, offline.')
    parser.add_argument('--network', help='the parameter file of the network that they must be of')
    parser.add_argument('--genesis', type=genesis_text, help='the genesis of that network, in its place')
    parser.add_argument('--json', action='store_true', help='print one line of JSON for each file')
    parser.add_argument('files', nargs='+', metavar='FILE', help='a receipt, or a file that one lies beside')
    flags = parser.parse_args()
    exit_code = 0
    try:
        own = genesis_hash(read_params({'name': 'cairn'})).hex()
        expected = flags.genesis or (genesis_of_file(flags.network) if flags.network else own)
        for path in flags.files:
            try:
                outcome = verify_file(path, expected)
            except Refused as fault:
                exit_code = 1
                refusal = {'file': path, 'valid': False, 'code': fault.code}
                print(json.dumps(refusal) if flags.json else f'{path}: not proven ({fault.code})')
                if not (flags.json or path.endswith(RECEIPT_SUFFIX) or os.path.exists(path + RECEIPT_SUFFIX)):
                    print(f'  A file that was notarised needs its receipt beside it: {path}{RECEIPT_SUFFIX}.')
                continue
            if flags.json:
                print(json.dumps({'file': path, 'valid': True, **outcome}))
            else:
                tell(path, outcome)
    except Refused as fault:
        print(f'{parser.prog}: {flags.network} is no parameter file of a network ({fault})', file=sys.stderr)
        return 2
    except OSError as fault:
        print(f'{parser.prog}: {fault.filename}: {fault.strerror}', file=sys.stderr)
        return 2
    return exit_code


if __name__ == '__main__':
    sys.exit(main())
