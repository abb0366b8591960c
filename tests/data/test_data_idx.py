"""IDX files: round trip, and a clear line for each way in which a file can be broken."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnistlib.data import idx
from mnistlib.ground.errors import DataError

ARRAYS = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9)
)


@given(ARRAYS)
def test_round_trip(array):
    back = idx.decode(idx.encode(array), "memory")
    assert back.dtype == np.uint8
    assert back.shape == array.shape
    assert np.array_equal(back, array)
    assert not back.flags.writeable


def test_layout_of_labels_byte_by_byte():
    labels = np.array([7, 2, 1], dtype=np.uint8)
    assert idx.encode(labels) == bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])


def test_layout_of_images_is_row_by_row():
    images = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3])
    assert idx.encode(images) == header + bytes(range(6))
    assert idx.encode(np.asfortranarray(images)) == header + bytes(range(6))


@pytest.mark.parametrize("array", [np.zeros(3, np.int64), np.uint8(1)])
def test_only_bytes_with_dimensions_can_be_written(array):
    with pytest.raises(
        DataError, match=r"^Required: an array of uint8 .*Received: array of"
    ):
        idx.encode(array)


@given(ARRAYS, st.data())
def test_every_truncation_is_noticed(array, draw):
    content = idx.encode(array)
    cut = draw.draw(st.integers(0, len(content) - 1))
    with pytest.raises(DataError) as caught:
        idx.decode(content[:cut], "a.idx")
    assert "a.idx" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_message_for_a_truncated_file():
    content = idx.encode(np.zeros((2, 3), np.uint8))
    with pytest.raises(
        DataError, match=r"Required: 18 bytes.* x is cut off \(truncated\), with 17 bytes\."
    ):
        idx.decode(content[:-1], "x")


def test_message_for_trailing_bytes():
    content = idx.encode(np.zeros((2, 3), np.uint8))
    with pytest.raises(DataError, match=r"x is too long, with 19 bytes"):
        idx.decode(content + b"!", "x")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x is empty"),
        (b"<html>", "x begins with 3c 68 74 6d"),
        (bytes([0, 0, 0x0D, 1, 0, 0, 0, 0]), "x begins with 00 00 0d 01"),
        (bytes([0, 0, 8, 0]), "x begins with 00 00 08 00"),
        (bytes([0, 0, 8, 200]), "x begins with 00 00 08 c8"),
    ],
)
def test_message_for_a_wrong_magic_number(content, said):
    with pytest.raises(DataError, match=rf"Required: an IDX file .* Received: {said}\."):
        idx.decode(content, "x")


@given(st.binary(max_size=2000), st.integers(1, 9))
def test_gzip_is_taken_off_whatever_the_level(content, level):
    packed = gzip.compress(content, compresslevel=level)
    for most in (len(content), 10_000):
        assert idx.decompress(packed, "x", most) == content
    if content:
        with pytest.raises(DataError, match="x is too long"):
            idx.decompress(packed, "x", len(content) - 1)


def test_plain_bytes_pass_through_up_to_the_most():
    assert idx.decompress(b"\0\0\x08\1", "x", 4) == b"\0\0\x08\1"
    with pytest.raises(DataError, match=r"at most 3 bytes\. Received: x is too long"):
        idx.decompress(b"\0\0\x08\1", "x", 3)


def test_message_for_a_truncated_gzip_file():
    packed = gzip.compress(bytes(range(256)) * 10)
    for cut in (5, len(packed) // 2, len(packed) - 1):
        with pytest.raises(DataError, match=r"whole gzip file\. Received: x is cut off"):
            idx.decompress(packed[:cut], "x", 9999)


def test_message_for_a_corrupt_gzip_file():
    packed = bytearray(gzip.compress(bytes(range(256)) * 10))
    packed[-6] ^= 0xFF  # in the CRC-32
    with pytest.raises(DataError, match=r"Received: x is damaged \(corrupt\)\. Replace"):
        idx.decompress(bytes(packed), "x", 9999)
