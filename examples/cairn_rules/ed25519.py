"""Ed25519 signatures checked by one exact rule (docs/spec/signatures.md), with nothing but Python's standard library.

RFC 8032 leaves to each library which odd keys and signatures it takes. Here, as in the ledger: both points are spelt
canonically and are none of the eight points of low order, S is below the group order, and S·B = R + k·A holds as it stands,
without the cofactor. Not for signing: it takes no care to take equally long for every secret.
"""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 §5.1.4).
IDENTITY = (0, 1, 1, 0)


def is_valid(public_key, message, signature):
    """Whether the 64 bytes are the holder's signature of the message."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    if not is_plain(public_key) or not is_plain(signature[:32]):
        return False
    a, r = decode_point(public_key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), 'little') % L
    return is_same(multiply(BASE, s), add(r, multiply(a, k)))


def is_plain(encoded):
    """Whether 32 bytes may spell a point: y is below P, and none of the five that the points of low order have."""
    y = int.from_bytes(encoded, 'little') % 2**255
    return y < P and y not in LOW_ORDER_YS


def decode_point(encoded):
    """RFC 8032 §5.1.3, of bytes that are plain; None where there is no such point."""
    number = int.from_bytes(encoded, 'little')
    sign, y = number >> 255, number % 2**255
    x = root_of_ratio(y * y - 1, D * y * y + 1)
    if x is None:
        return None
    if x % 2 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def root_of_ratio(u, v):
    """x with v·x² = u modulo P, or None."""
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P == 0:
        return x
    x = x * ROOT_OF_MINUS_ONE % P
    return x if (v * x * x - u) % P == 0 else None


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(point, scalar):
    product = IDENTITY
    while scalar > 0:
        if scalar & 1:
            product = add(product, point)
        point = add(point, point)
        scalar >>= 1
    return product


def is_same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, 'little'))
# Of the points of order 1, 2 and 4, and the two that the four points of order 8 share.
ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
LOW_ORDER_YS = {1, P - 1, 0, ORDER_8, P - ORDER_8}
