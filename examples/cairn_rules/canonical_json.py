"""JSON read strictly, and written in its one canonical form (docs/spec/entries.md), with nothing but Python's standard library.

Python's own reader takes what the ledger refuses (keys that stand twice, NaN, halves of surrogate pairs), so each of these is
looked for here. Numbers are read as floats, which is what they are in a ledger.
"""
import json
import math

INTEGER_MAX = 2**53 - 1


class Refused(Exception):
    """What was given breaks a rule; `code` is the name that the pages in docs/spec have for it."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def parse(content, depth_max):
    """The value that UTF-8 bytes spell (E12, E13)."""
    try:
        text = content.decode('utf-8')
    except UnicodeDecodeError as fault:
        raise Refused('utf8-invalid') from fault
    try:
        value = DECODER.decode(text)
    except RecursionError as fault:
        raise Refused('json-depth') from fault
    except ValueError as fault:
        raise Refused('json-syntax') from fault
    check(value, depth_max)
    return value


def check(value, depth_max):
    """So many containers inside each other, and no half of a surrogate pair (E13)."""
    if isinstance(value, str):
        if not value.isascii() and any('\ud800' <= character <= '\udfff' for character in value):
            raise Refused('json-lone-surrogate')
    elif isinstance(value, (list, dict)):
        if depth_max == 0:
            raise Refused('json-depth')
        for part in value:
            check(part, depth_max - 1)
        if isinstance(value, dict):
            for part in value.values():
                check(part, depth_max - 1)


def encode(value, depth_max):
    """The canonical bytes of a value that was parsed (E4)."""
    if value is None or isinstance(value, bool):
        return {None: b'null', True: b'true', False: b'false'}[value]
    if isinstance(value, str):
        return encode_text(value)
    if isinstance(value, float):
        return number_text(value).encode('ascii')
    if depth_max == 0:
        raise Refused('json-depth')
    if isinstance(value, list):
        return b'[' + b','.join(encode(element, depth_max - 1) for element in value) + b']'
    keys = sorted(value, key=lambda key: key.encode('utf-16-be'))
    return b'{' + b','.join(encode_text(key) + b':' + encode(value[key], depth_max - 1) for key in keys) + b'}'


def encode_text(text):
    """E4.4: what Python escapes, and how, is just that."""
    return json.dumps(text, ensure_ascii=False).encode('utf-8')


def number_text(value):
    """E6. Python's shortest digits are the right ones; where the point stands differs."""
    if value == 0:
        return '0'
    mantissa, _, exponent = repr(abs(value)).partition('e')
    whole, _, fraction = mantissa.partition('.')
    written = whole + fraction
    digits = written.strip('0')
    n = len(whole) + int(exponent or 0) - (len(written) - len(written.lstrip('0')))
    k = len(digits)
    sign = '-' if value < 0 else ''
    if k <= n <= 21:
        return sign + digits + '0' * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + '.' + digits[n:]
    if -6 < n <= 0:
        return sign + '0.' + '0' * -n + digits
    point = '.' if k > 1 else ''
    return f'{sign}{digits[0]}{point}{digits[1:]}e{n - 1:+d}'


def read_number(text):
    """E7."""
    value = float(text)
    if math.isinf(value):
        raise Refused('json-number-range')
    if abs(value) > INTEGER_MAX and (is_integer(text) or is_integer(number_text(value))):
        raise Refused('json-number-range')
    return value


def is_integer(text):
    return not set(text) & set('.eE')


def read_object(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Refused('json-duplicate-key')
    return members


def refuse_constant(name):
    """NaN and the infinities are no JSON."""
    raise Refused('json-syntax')


DECODER = json.JSONDecoder(
    object_pairs_hook=read_object,
    parse_float=read_number,
    parse_int=read_number,
    parse_constant=refuse_constant,
)
