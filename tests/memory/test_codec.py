"""Values survive the way to bytes and back, always as the same bytes."""

import sqlite3
from enum import StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import DamagedMemory, InputError
from loci.memory import codec

numbers = st.floats(allow_nan=False, allow_infinity=False)
names = st.text().filter(lambda name: name != "__array__")  # the one key that is taken
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
cells = st.none() | st.integers(-(2**62), 2**62) | numbers | st.text() | st.binary()


class Colour(StrEnum):
    RED = "red"


@given(plain)
def test_json_round_trip(value: object) -> None:
    data = codec.encode(value)
    assert codec.decode(data) == value
    assert codec.encode(codec.decode(data)) == data
    assert codec.unsqueeze(codec.squeeze(data)) == data


@given(st.dictionaries(names, st.integers(0, 9), min_size=2))
def test_key_order_makes_no_difference(value: dict[str, int]) -> None:
    assert codec.encode(value) == codec.encode(dict(reversed(value.items())))


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "u1", "i4", "i8", "?", ">f8"])
def test_arrays_round_trip(dtype: str) -> None:
    array = (np.arange(24).reshape(2, 3, 4) % 5).astype(dtype)
    for back in (codec.decode(codec.encode({"a": array}))["a"], codec.bytes_to_array(codec.array_to_bytes(array))):
        assert back.dtype == array.dtype.newbyteorder("<")
        assert back.shape == array.shape
        np.testing.assert_array_equal(back, array)
        back[0] = 0  # writable
    turned = np.asfortranarray(array)
    assert codec.encode(turned) == codec.encode(array)


def test_array_edge_shapes() -> None:
    for array in (np.zeros((0, 3), np.float32), np.float64(2.5) * np.ones(()), np.arange(10)[::-2]):
        np.testing.assert_array_equal(codec.bytes_to_array(codec.array_to_bytes(array)), array)
    with pytest.raises(DamagedMemory):
        codec.bytes_to_array(codec.array_to_bytes(np.arange(5))[:-3])
    with pytest.raises(DamagedMemory):
        codec.bytes_to_array(b"")


def test_numpy_scalars_tuples_and_enums_become_plain() -> None:
    value = {"a": np.float32(0.5), "b": np.int64(3), "c": np.True_, "d": (1, 2), "e": Colour.RED}
    assert codec.decode(codec.encode(value)) == {"a": 0.5, "b": 3, "c": True, "d": [1, 2], "e": "red"}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"box": {"x": float("nan")}}, r"payload\.box\.x: nan"),
        ({"x": [1, float("inf")]}, r"payload\.x\[1\]: inf"),
        ({"s": {1, 2}}, r"payload\.s: a set"),
        ({3: 1}, "key 3"),
        ({"__array__": 1}, "__array__"),
        ({"o": np.array([None])}, "array of object"),
        ({"t": "\ud800"}, "Unicode"),
    ],
)
def test_what_cannot_be_kept_is_named(value: object, names: str) -> None:
    with pytest.raises(InputError, match=names):
        codec.encode(value)


@given(st.lists(cells, max_size=5), st.lists(cells, max_size=5))
def test_rows_digest_alike_only_when_equal(a: list[object], b: list[object]) -> None:
    def kinds(row: list[object]) -> list[tuple[bool, object]]:
        return [(isinstance(value, int | float), value) for value in row]

    assert (codec.row_digest(*a) == codec.row_digest(*b)) == (kinds(a) == kinds(b))


@given(st.lists(numbers | st.integers(-(2**53), 2**53), min_size=1, max_size=1))
def test_a_digest_survives_the_database(row: list[float]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (r REAL, a ANY, n NUMERIC)")
    db.execute("INSERT INTO t VALUES (?, ?, ?)", row * 3)
    kept = db.execute("SELECT r, a, n FROM t").fetchone()
    db.close()
    assert codec.row_digest(*kept) == codec.row_digest(*row * 3)


def test_rows_refuse_what_the_database_would_change() -> None:
    with pytest.raises(InputError, match="NaN"):
        codec.row_digest(float("nan"))
    with pytest.raises(InputError, match="list"):
        codec.row_digest([1])


def test_check_row() -> None:
    good = codec.row_digest("o1", "on", "o2")
    codec.check_row("fact 3", good, "o1", "on", "o2")
    with pytest.raises(DamagedMemory, match="fact 3 was altered"):
        codec.check_row("fact 3", good, "o1", "on", "o3")


def test_a_broken_deflate_stream_is_damage() -> None:
    small = codec.squeeze(codec.encode({"text": "mug " * 500}))
    assert len(small) < 200
    with pytest.raises(DamagedMemory, match="unpacked"):
        codec.unsqueeze(small[:-4] + b"abcd")
