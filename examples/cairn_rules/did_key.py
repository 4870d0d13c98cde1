"""Authors by their keys: did:key of Ed25519 (docs/spec/signatures.md)."""
from . import ed25519

ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
PREFIX = 'did:key:'


def is_author(text):
    return isinstance(text, str) and key_of(text) is not None


def key_of(author):
    """The 32 bytes of the author's key; None for what is no author."""
    if not author.startswith(PREFIX):
        return None
    content = decode_multibase(author[len(PREFIX) :], 34)
    if content is None or content[:2] != b'\xed\x01' or not ed25519.is_plain(content[2:]):
        return None
    return content[2:]


def decode_multibase(text, size):
    """The bytes that `z` and Base58btc spell; None where these are not so many."""
    digits = text[1:]
    if not text.startswith('z') or len(digits) > 2 * size or not set(digits) <= set(ALPHABET):
        return None
    number = 0
    for digit in digits:
        number = 58 * number + ALPHABET.index(digit)
    zeros = len(digits) - len(digits.lstrip('1'))
    content = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, 'big')
    return content if len(content) == size else None
