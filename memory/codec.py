"""Values to bytes and back, the same bytes every time: canonical JSON with arrays, and the digests over it.

Canonical means: keys sorted, no white space, UTF-8, no NaN, floats as their shortest round-trip text. NumPy arrays are
kept as ``{"__array__": [dtype, shape, base64 of little-endian C-order bytes]}``; tuples come back as lists.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DamagedMemory, InputError

DIGEST_BYTES = 32
GENESIS = bytes(DIGEST_BYTES)  # what the first event is chained to
_ARRAY = "__array__"
_KINDS = "biuf"  # bool, integers, floats: an object array would need pickle
_SIZE = struct.Struct("<Q")
_SHORT = 64  # bytes of a text; heads of shorter ones are at hand
_HEADS = [b"s" + _SIZE.pack(size) for size in range(_SHORT)]
_FLAT = frozenset({int, float, str, bool, type(None)})
_SQUEEZE_FROM = 256  # bytes; below this zlib gains nothing
_SMALL = (
    4096  # bytes; up to here a window of 4 KiB finds all that zlib's own of 32 KiB does, and is made 20 times as fast
)


def digest(data: bytes) -> bytes:
    """SHA-256 of ``data``, 32 bytes."""
    return hashlib.sha256(data).digest()


def encode(value: object) -> bytes:
    """Canonical JSON of ``value``; ``InputError`` that names what cannot be kept (NaN, a set, a non-string key)."""
    try:
        return _encoded(value)
    except (TypeError, ValueError, RecursionError):  # what is wrong, and where, is found out the long way
        pass
    try:
        text = json.dumps(_plain(value, "payload"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"payload: text {error.object[error.start : error.end]!r} is not valid Unicode") from error


def encode_again(value: object) -> bytes:
    """The same of what has been through ``encode`` or ``decode`` already, so that its keys need no look."""
    return _ENCODER.encode(value).encode("utf-8")


def _encoded(value: object) -> bytes:
    """The same of what can be kept: in C but for arrays. ``ValueError`` or ``TypeError`` for all else."""
    _check_keys(value)
    return encode_again(value)


def _check_keys(value: object) -> None:
    """Raise ``TypeError`` for a key that JSON would silently take for a text, or that is taken."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or key == _ARRAY:
                raise TypeError
            if isinstance(item, dict | list | tuple):
                _check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict) or (isinstance(item, list | tuple) and not _FLAT.issuperset(map(type, item))):
                _check_keys(item)


def plain(data: bytes) -> dict[str, Any]:
    """A payload as ``json.loads`` gives it, its arrays in their written form: the inverse of ``canonical``."""
    return dict(json.loads(data))


def canonical(plain: Mapping[str, Any]) -> bytes:
    """Canonical JSON of what ``json.loads`` gave, its arrays still in their written form; ``InputError`` as ``encode``."""
    try:
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise InputError(f"payload: is not canonical JSON ({error})") from error


def decode(data: bytes) -> Any:
    """The value that ``encode`` was given (tuples as lists, enums as their values)."""
    text = data.decode("utf-8", "surrogatepass")
    return _DECODER.decode(text) if _ARRAY in text else _PLAIN.decode(text)


def squeeze(data: bytes) -> bytes:
    """``data`` (canonical JSON) deflated where that makes it smaller. JSON never begins with zlib's first byte."""
    if len(data) < _SQUEEZE_FROM:
        return data
    small = _deflated(data) if len(data) <= _SMALL else zlib.compress(data, 1)
    return small if len(small) < len(data) else data


def _deflated(data: bytes) -> bytes:
    """What ``zlib.compress(data, 1)`` gives of a little: deflated in a small window, with zlib's usual head and checksum."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -12, 6)
    return b"\x78\x01" + deflate.compress(data) + deflate.flush() + zlib.adler32(data).to_bytes(4, "big")


def unsqueeze(data: bytes) -> bytes:
    """The inverse of ``squeeze``; ``DamagedMemory`` when the bytes are not what deflate wrote."""
    if data[:1] != b"\x78":
        return data
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise DamagedMemory(
            f"a stored value cannot be unpacked ({error}); it was altered after it was written"
        ) from error


def array_to_bytes(array: NDArray[Any]) -> bytes:
    """A self-describing little-endian C-order image of an array of numbers or booleans (any shape, never objects)."""
    kept = _kept(array, "array")
    head = json.dumps([kept.dtype.str, list(kept.shape)], separators=(",", ":")).encode()
    return struct.pack("<H", len(head)) + head + kept.tobytes()


def bytes_to_array(data: bytes) -> NDArray[Any]:
    """The array that ``array_to_bytes`` was given, writable; ``DamagedMemory`` if the bytes are not one."""
    try:
        (size,) = struct.unpack_from("<H", data)
        dtype, shape = _head(data[2 : 2 + size])
        return np.frombuffer(data, dtype=dtype, offset=2 + size).reshape(shape).copy()
    except (ValueError, TypeError, struct.error) as error:
        raise DamagedMemory(f"{len(data)} stored bytes are not an array ({error})") from error


@lru_cache(maxsize=1024)
def _head(data: bytes) -> tuple[str, list[int]]:
    dtype, shape = json.loads(data)
    return dtype, shape


def row_digest(*values: object) -> bytes:
    """Digest of one row's values: None, bool, int, float, str or bytes, in a fixed order.

    Integral floats digest like the integer, because SQLite hands a REAL column's 1 back as 1.0 and the other way round.
    Raises ``InputError`` for NaN (SQLite would store NULL) and for other types.
    """
    parts: list[bytes] = []
    for value in values:
        if type(value) is str:  # the usual ones first: this runs for every row that is written or read
            body = value.encode("utf-8", "surrogatepass")
            if (size := len(body)) < _SHORT:
                parts += (_HEADS[size], body)
                continue
            tag = b"s"
        elif type(value) is bytes:
            tag, body = b"b", value
        elif type(value) is int:
            tag, body = b"i", b"%d" % value
        else:
            tag, body = _tagged(value)
        parts += (tag, _SIZE.pack(len(body)), body)
    return hashlib.sha256(b"".join(parts)).digest()


def check_row(what: str, stored: bytes, *values: object) -> None:
    """Raise ``DamagedMemory`` that names ``what`` unless ``stored`` is the ``row_digest`` of ``values``."""
    try:
        right = row_digest(*values) == stored
    except InputError:  # a type that was never written
        right = False
    if not right:
        raise DamagedMemory(f"{what} was altered after it was written: its digest does not match; run verify")


def _tagged(value: object) -> tuple[bytes, bytes]:
    if value is None:
        return b"0", b""
    if isinstance(value, str):
        return b"s", value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes | bytearray | memoryview):
        return b"b", bytes(value)
    if isinstance(value, float):
        if math.isnan(value):
            raise InputError("a row value is NaN; a number or None is needed")
        if not value.is_integer() or abs(value) >= 2**63:
            return b"f", struct.pack("<d", value)
        value = int(value)
    if isinstance(value, int):
        return b"i", b"%d" % value
    raise InputError(f"a row value is a {type(value).__name__}; None, bool, int, float, str or bytes is needed")


def _plain(value: object, where: str) -> object:
    """``value`` in JSON's own types, ``where`` being the path to it for messages."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str.__str__(value)  # an enum by its value
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            raise InputError(f"{where}: {number} cannot be kept; a finite number or None is needed")
        return number
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, np.ndarray):
        kept = _kept(value, where)
        return {_ARRAY: [kept.dtype.str, list(kept.shape), base64.b64encode(kept.tobytes()).decode("ascii")]}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key == _ARRAY:
                raise InputError(f"{where}: the key {key!r} cannot be kept; keys have to be text other than {_ARRAY!r}")
        return {str.__str__(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    raise InputError(f"{where}: a {type(value).__name__} cannot be kept; give numbers, text, lists, mappings or arrays")


def _foreign(value: object) -> object:
    """What JSON does not know, in its own types; ``TypeError`` for what cannot be kept."""
    if isinstance(value, np.ndarray):
        kept = _kept(value, "payload")
        return {_ARRAY: [kept.dtype.str, list(kept.shape), base64.b64encode(kept.tobytes()).decode("ascii")]}
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    raise TypeError  # other mappings, too, whose keys were not looked at


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False, default=_foreign
)


def _kept(array: NDArray[Any], where: str) -> NDArray[Any]:
    if array.dtype.kind not in _KINDS:
        raise InputError(f"{where}: an array of {array.dtype} cannot be kept; numbers or booleans are needed")
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _revive(item: dict[str, Any]) -> Any:
    if _ARRAY not in item:
        return item
    dtype, shape, text = item[_ARRAY]
    return np.frombuffer(base64.b64decode(text), dtype=dtype).reshape(shape).copy()


_DECODER = json.JSONDecoder(object_hook=_revive)
_PLAIN = json.JSONDecoder()  # for what has no arrays: all in C
