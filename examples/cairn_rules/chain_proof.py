"""Chain proofs (docs/spec/chain-proof.md): that there is a chain of so much work, from a few of its headers."""
from .canonical_json import Refused
from .ledger import (
    Frontier,
    Header,
    bits_after,
    encode_header,
    genesis_of,
    hash_of,
    history_leaf,
    retarget,
    sha256,
    target_of,
    u32,
    work_of,
)

ALL_HEADERS_MAX = 2048
TAIL = 512


class ChainProof:
    """A chain with gaps. `self.last` is the header that the reading has come to, and `self.work` the work up to it."""

    def __init__(self, content, params):
        self.content = content
        self.offset = 0
        self.params = params
        self.limit = target_of(int(params['target_limit'], 16))
        self.history = Frontier()
        self.before = None
        self.last = None
        self.work = 0
        self.spans = {}

    def verify(self):
        """The header of the tip, its hash and the work of the chain."""
        if len(self.content) < 69:
            raise Refused('chain-proof-size-wrong')
        if self.take(1) != b'\1':
            raise Refused('chain-proof-format-unknown')
        self.tip, self.height, self.total = self.take(32), self.number(4), self.number(32)
        if self.height <= ALL_HEADERS_MAX:
            self.expect_size(69 + 44 * self.height)
            self.open(genesis_of(self.params))
        else:
            self.read_sample()
        while self.last.height < self.height:
            self.follow()
        if self.work != self.total:
            raise Refused('chain-proof-work-wrong')
        if hash_of(self.last) != self.tip:
            raise Refused('chain-proof-tip-wrong')
        return self.last, self.tip, self.work

    def read_sample(self):
        """Everything up to the tail (L7, L8)."""
        if len(self.content) < 69 + 34:
            raise Refused('chain-proof-size-wrong')
        end, sampled_work, drawn_count = self.height - TAIL, self.number(32), self.number(2)
        if len(self.content) < 69 + 34 + 4 * drawn_count:
            raise Refused('chain-proof-size-wrong')
        drawn = [0] + [self.number(4) for _ in range(drawn_count)] + [end]
        if any(a >= b for a, b in zip(drawn, drawn[1:])):
            raise Refused('chain-proof-heights-unordered')
        runs = runs_of(drawn)
        opened = sum(last - first + 1 for first, last in runs) - 1
        gaps = list(zip(runs, runs[1:]))
        roots = sum(len(subtrees_between(a[1] + 1, b[0])) for a, b in gaps)
        self.expect_size(69 + 34 + 4 * drawn_count + 44 * (opened + TAIL) + 32 * roots + 72 * len(gaps))
        if not 0 < sampled_work < self.total:
            raise Refused('chain-proof-work-wrong')
        positions = draw(self.tip, self.total, self.total - sampled_work)
        self.open(genesis_of(self.params))
        for first, last in runs:
            if first > 0:
                self.leap(first)
            while self.last.height < last:
                self.follow()
        if self.work != sampled_work:
            raise Refused('chain-proof-work-wrong')
        self.check_draws(drawn, positions)

    def follow(self):
        """Opens the next header, of which everything but 44 bytes is computed (L5)."""
        last, params = self.last, self.params
        if last.height == 0:
            bits = int(params['initial_bits'], 16)
        else:
            bits = bits_after(last.bits, last.time - self.before.time, params)
        self.open(self.read_opened(last.height + 1, hash_of(last), bits))

    def leap(self, height):
        """Opens the first two headers behind a gap (L8), and judges what may have been in it (L17 to L19)."""
        before, a, work_a = self.before, self.last, self.work
        for size in subtrees_between(a.height + 1, height):
            self.history.append(size, self.take(32))
        previous, work_b, bits_b, bits_c = self.take(32), self.number(32), self.number(4), self.number(4)
        target_b, target_c = target_of(bits_b), target_of(bits_c)
        if target_b is None or target_c is None or max(target_b, target_c) > self.limit:
            raise Refused('chain-proof-bits-unreachable')
        self.work = work_b - work_of(target_b)
        if self.work < 0:
            raise Refused('chain-proof-work-wrong')
        b = self.read_opened(height, previous, bits_b)
        self.open(b)
        c = self.read_opened(height + 1, hash_of(b), bits_c)
        self.open(c)
        hardest = target_of(bits_after(bits_b, 0, self.params))
        easiest = target_of(bits_after(bits_b, b.time - a.time, self.params))
        if not hardest <= target_c <= easiest:
            raise Refused('chain-proof-bits-unreachable')
        self.check_work(a, b, work_a, work_b)
        self.check_easing(before, a, b, c)

    def check_work(self, a, b, work_a, work_b):
        """L18."""
        rise = -(-65536 * self.params['block_interval'] // self.params['half_life']) + 14
        distance, hard, least = b.height - a.height, work_of(target_of(b.bits)), work_of(self.limit)
        if work_of(target_of(a.bits)) < hard >> -(-distance * rise // 65536):
            raise Refused('chain-proof-bits-unreachable')
        total = counted = 0
        halvings = 1
        while hard >> halvings > least:
            end = min(distance - 1, halvings * 65536 // rise)
            total += (end - counted) * (hard >> halvings)
            counted, halvings = end, halvings + 1
        total += (distance - 1 - counted) * least
        if work_b - hard - work_a < total:
            raise Refused('chain-proof-work-wrong')

    def check_easing(self, before, a, b, c):
        """L19."""
        interval, half_life = self.params['block_interval'], self.params['half_life']
        height, earlier = (a.height, before) if before else (1, a)
        blocks = c.height - height
        slack = (blocks + 1) * 14 * half_life // 65536 + 1
        lateness = min(b.time - earlier.time - interval * blocks + slack, 256 * half_life)
        if target_of(c.bits) > retarget(target_of(a.bits), lateness, self.params):
            raise Refused('chain-proof-bits-unreachable')

    def read_opened(self, height, previous, bits):
        """The header at `height` with its 44 bytes from the proof."""
        root, time, nonce = self.take(32), self.number(4), self.number(8)
        if nonce >= 2**53:
            raise Refused('chain-proof-header-invalid')
        return Header(height, previous, self.history.history_root(), root, time, bits, nonce)

    def open(self, header):
        """L14 and L15 of a header whose place is reached; the genesis is exempt."""
        content, target = encode_header(header), target_of(header.bits)
        work_before, self.work = self.work, self.work + work_of(target)
        if self.work > self.total:
            raise Refused('chain-proof-work-wrong')
        if header.height > 0:
            if header.time < self.last.time or int.from_bytes(sha256(content), 'big') > target:
                raise Refused('chain-proof-header-invalid')
        self.spans[header.height] = (work_before, self.work)
        self.history.append(1, history_leaf(content, self.work))
        self.before, self.last = self.last, header

    def check_draws(self, drawn, positions):
        """L12."""
        spans = [self.spans[height] for height in drawn]
        if any(not any(start <= position < end for start, end in spans) for position in positions):
            raise Refused('chain-proof-draw-missed')
        if any(not any(start <= position < end for position in positions) for start, end in spans):
            raise Refused('chain-proof-height-undrawn')

    def expect_size(self, size):
        if len(self.content) != size:
            raise Refused('chain-proof-size-wrong')

    def take(self, size):
        self.offset += size
        return self.content[self.offset - size : self.offset]

    def number(self, size):
        return int.from_bytes(self.take(size), 'big')


def runs_of(drawn):
    """First and last height of each run that has these heights and the two before each (L8)."""
    runs = [[0, 0]]
    for height in drawn[1:]:
        if height - 2 > runs[-1][1] + 1:
            runs.append([height - 2, height])
        runs[-1][1] = height
    return runs


def subtrees_between(first, end):
    """The sizes of the fewest complete subtrees that have just the leaves from `first` up to but without `end` (L1)."""
    sizes = []
    while first < end:
        size = first & -first
        while first + size > end:
            size >>= 1
        sizes.append(size)
        first += size
    return sizes


def draw(tip, work, tail_work):
    """The positions that have to be shown (L10, L11, L13), each once."""
    positions = {0, work - tail_work - 1}
    seed = sha256(b'cairn/chain-proof/1', tip)
    band, left = 0, work
    while left > tail_work:
        if band == 1024:
            raise Refused('chain-proof-tail-too-light')
        after = work * ROOTS[(band + 1) % 32] >> 64 + (band + 1) // 32
        number = int.from_bytes(sha256(seed, u32(band)), 'big')
        position = work - left + (number * (left - after) >> 256)
        if position < work - tail_work:
            positions.add(position)
        band, left = band + 1, after
    return positions


def root_32(number):
    """The largest whole number whose 32nd power is not above `number`."""
    root = 0
    for bit in reversed(range(65)):
        if (root | 1 << bit) ** 32 <= number:
            root |= 1 << bit
    return root


ROOTS = [root_32(2 ** (64 * 32 - rest)) for rest in range(32)]
