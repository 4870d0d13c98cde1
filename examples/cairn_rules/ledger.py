"""What all proofs of a Cairn ledger are made of: parameters, headers, targets and trees (docs/spec, by the pages named below)."""
import hashlib
import json
from collections import namedtuple

from .canonical_json import Refused
from .did_key import is_author

Header = namedtuple('Header', 'height previous history_root data_root time bits nonce')


def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def u32(number):
    return number.to_bytes(4, 'big')


def u64(number):
    return number.to_bytes(8, 'big')


def u256(number):
    return number.to_bytes(32, 'big')


# --- Parameters (params.md) ---

SECONDS_MAX = 31_536_000
INTEGERS = {
    'block_interval': (1, SECONDS_MAX),
    'body_bytes_max': (2, 1_048_576),
    'depth_max': (1, 32),
    'entries_max': (1, 4_096),
    'entry_bytes_max': (2, 65_536),
    'future_time_max': (1, SECONDS_MAX),
    'genesis_time': (0, 2**32 - 1),
    'half_life': (1, SECONDS_MAX),
    'solve_time_max': (1, SECONDS_MAX),
    'stamp_bits': (0, 32),
}
# Keys that came later: they are in the document only where they have another value.
LATER = {'signatures': 'optional', 'stamp_bits': 0.0, 'writers': []}
KEYS = INTEGERS.keys() | LATER.keys() | {'initial_bits', 'name', 'target_limit'}
NAME_CHARACTERS = set('abcdefghijklmnopqrstuvwxyz0123456789-')


def read_params(value):
    """All parameters that a file with this value asks for (P1, P2, P4)."""
    if not isinstance(value, dict) or not value.keys() <= KEYS | {'format'}:
        raise Refused('receipt-network-invalid')
    interval = value.get('block_interval', 10.0)
    limit = value.get('target_limit', '1f00ffff')
    if not isinstance(interval, float):
        raise Refused('receipt-network-invalid')
    defaults = {
        'block_interval': interval,
        'body_bytes_max': 1_048_576.0,
        'depth_max': 32.0,
        'entries_max': 4_096.0,
        'entry_bytes_max': 65_536.0,
        'future_time_max': 8 * interval,
        'genesis_time': 1_767_225_600.0,
        'half_life': 60 * interval,
        'initial_bits': limit,
        'solve_time_max': 30 * interval,
        'target_limit': limit,
        **LATER,
    }
    params = defaults | value
    for key, (least, most) in INTEGERS.items():
        params[key] = read_integer(params[key], least, most)
    for key in ('initial_bits', 'target_limit'):
        bits = params[key]
        if not isinstance(bits, str) or len(bits) != 8 or not set(bits) <= set('0123456789abcdef'):
            raise Refused('receipt-network-invalid')
        if target_of(int(bits, 16)) is None:
            raise Refused('receipt-network-invalid')
    name = params.get('name')
    if not isinstance(name, str) or not 1 <= len(name) <= 64 or not set(name) <= NAME_CHARACTERS:
        raise Refused('receipt-network-invalid')
    if target_of(int(params['initial_bits'], 16)) > target_of(int(params['target_limit'], 16)):
        raise Refused('receipt-network-invalid')
    if params['body_bytes_max'] < params['entry_bytes_max'] + 2:
        raise Refused('receipt-network-invalid')
    if params['signatures'] not in ('optional', 'required'):
        raise Refused('receipt-network-invalid')
    if 'writers' in value:
        params['writers'] = read_writers(value['writers'])
        if params['signatures'] != 'required':
            raise Refused('receipt-network-invalid')
    format_needed = 1 if all(params[key] == LATER[key] for key in LATER) else 2
    if read_integer(params.get('format', float(format_needed)), 1, 2) != format_needed:
        raise Refused('receipt-network-invalid')
    params['format'] = format_needed
    return params


def read_integer(value, least, most):
    if not isinstance(value, float) or not value.is_integer() or not least <= value <= most:
        raise Refused('receipt-network-invalid')
    return int(value)


def read_writers(value):
    if not isinstance(value, list) or not 1 <= len(value) <= 256 or not all(map(is_author, value)):
        raise Refused('receipt-network-invalid')
    if len(set(value)) < len(value):
        raise Refused('receipt-network-invalid')
    return sorted(value)


def genesis_of(params):
    """P3, P5, P6."""
    told = {key: value for key, value in params.items() if key not in LATER or value != LATER[key]}
    document = json.dumps(told, sort_keys=True, separators=(',', ':')).encode('ascii')
    params_hash = sha256(b'cairn/params/1\0', document)
    bits = int(params['initial_bits'], 16)
    return Header(0, bytes(32), params_hash, data_root(0, 0, sha256()), params['genesis_time'], bits, 0)


def genesis_hash(params):
    return hash_of(genesis_of(params))


# --- Headers, targets and difficulty (header.md, proof-of-work.md, difficulty.md) ---


def encode_header(header):
    """H1."""
    height, previous, history_root, root, time, bits, nonce = header
    return b'\x4c\x01' + u32(height) + previous + history_root + root + u32(time) + u32(bits) + u64(nonce)


def read_header(content):
    """H1 to H3."""
    number = lambda start, end: int.from_bytes(content[start:end], 'big')
    if len(content) != 118:
        raise Refused('header-size-invalid')
    if content[:2] != b'\x4c\x01':
        raise Refused('header-version-unknown')
    if number(110, 118) >= 2**53:
        raise Refused('header-nonce-too-large')
    roots = content[6:38], content[38:70], content[70:102]
    return Header(number(2, 6), *roots, number(102, 106), number(106, 110), number(110, 118))


def hash_of(header):
    return sha256(encode_header(header))


def target_of(bits):
    """W1, W2; None for bits that are refused."""
    length, mantissa = bits >> 24, bits & 0xFFFFFF
    target = mantissa << 8 * (length - 3) if length >= 3 else mantissa >> 8 * (3 - length)
    return target if mantissa < 2**23 and 0 < target < 2**256 and bits_of(target) == bits else None


def bits_of(target):
    """W3."""
    length = (target.bit_length() + 7) // 8
    mantissa = target >> 8 * (length - 3) if length >= 3 else target << 8 * (3 - length)
    if mantissa >= 2**23:
        length, mantissa = length + 1, mantissa >> 8
    return length << 24 | mantissa


def work_of(target):
    """W7."""
    return 2**256 // (target + 1)


def retarget(reference, lateness, params):
    """D3 from its second step on, and D4."""
    exponent = abs(lateness) * 65536 // params['half_life'] * (1 if lateness >= 0 else -1)
    shift, x = exponent // 65536, exponent % 65536
    factor = 65536 + ((195766423245049 * x + 971821376 * x**2 + 5127 * x**3 + 2**47) >> 48)
    product = reference * factor
    target = product << shift - 16 if shift >= 16 else product >> 16 - shift
    return min(max(target, 1), target_of(int(params['target_limit'], 16)))


def bits_after(bits, elapsed, params):
    """D3 to D5, after a block with these bits that came so long after the one before it."""
    lateness = min(elapsed, params['solve_time_max']) - params['block_interval']
    return bits_of(retarget(target_of(bits), lateness, params))


# --- Trees (trees.md) ---


def node(left, right):
    return sha256(b'\1', left, right)


def data_root(shape, count, root):
    """T4."""
    return sha256(b'\5', bytes([shape]), u32(count), root)


def history_leaf(header_bytes, work):
    """T6."""
    return sha256(b'\0', header_bytes, u256(work))


def history_root(count, root):
    """T7."""
    return sha256(b'\4', u64(count), root)


def root_by_path(leaf, index, count, path):
    """The root that an audit path leads to (RFC 9162 §2.1.3.2); None where it has another length than its place asks for."""
    if index >= count:
        return None
    last, root = count - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            root = node(beside, root)
            while index & 1 == 0 and index != 0:
                index, last = index >> 1, last >> 1
        else:
            root = node(root, beside)
        index, last = index >> 1, last >> 1
    return root if last == 0 else None


class Frontier:
    """The roots of the complete subtrees of a history, largest first, with their numbers of leaves."""

    def __init__(self):
        self.subtrees = []
        self.count = 0

    def append(self, size, root):
        self.count += size
        while self.subtrees and self.subtrees[-1][0] == size:
            size, root = 2 * size, node(self.subtrees.pop()[1], root)
        self.subtrees.append((size, root))

    def history_root(self):
        *others, (_, root) = self.subtrees
        for _, left in reversed(others):
            root = node(left, root)
        return history_root(self.count, root)
