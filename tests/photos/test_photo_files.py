"""Image files of strangers: read right, or refused in one line."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mnistlib.ground.errors import PhotoError
from mnistlib.photos import files
from mnistlib.photos.files import decode, read_file


def encoded(picture, kind="PNG", **options) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


@pytest.fixture
def picture():
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:10, :, 0], pixels[:, :15, 2] = 200, 90
    return Image.fromarray(pixels)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pixels_come_back(picture, kind, tmp_path):
    path = tmp_path / "a picture"
    path.write_bytes(encoded(picture, kind))
    assert np.array_equal(read_file(path), np.asarray(picture))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_formats_come_back_nearly(picture, kind):
    assert decode(encoded(picture, kind)).shape == (20, 30, 3)


def test_a_picture_is_turned_as_its_camera_says(picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    turned = decode(encoded(picture, "PNG", exif=exif))
    assert np.array_equal(turned, np.rot90(np.asarray(picture), -1))


def test_what_is_transparent_is_white():
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels[:5, :, 3] = 255
    read = decode(encoded(Image.fromarray(pixels)))
    assert read[0, 0].tolist() == [0, 0, 0] and read[9, 0].tolist() == [255, 255, 255]


def test_sixteen_bits_and_palettes_are_read():
    deep = Image.fromarray(np.full((9, 9), 0x8000, np.uint16))
    assert decode(encoded(deep))[0, 0].tolist() == [127, 127, 127]
    flat = Image.fromarray(np.full((9, 9), 200, np.uint8)).convert("P")
    assert decode(encoded(flat)).shape == (9, 9, 3)


def bomb(width, height) -> bytes:
    """A PNG of few bytes that says it is huge."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def animated() -> bytes:
    frames = [Image.new("L", (20, 20), 90 * i) for i in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "no known format"),
        (b"import os\n" * 50, "no known format"),
        (b"%PDF-1.4 not a picture", "no known format"),
        (bomb(10_000, 9_000), r"at most 50 million pixels\. Received: it \(10000 x 9000\)"),
        (bomb(60_000, 60_000), r"at most 50 million pixels"),
        (bomb(2**31 - 1, 2**31 - 1), r"pixels|whole picture|known format"),
        (animated(), r"one still picture\. Received: it \(3 frames\)"),
        (encoded(Image.new("L", (7, 90))), r"at least 8 pixels .* \(7 x 90\)"),
        (encoded(Image.effect_noise((90, 90), 50))[:-2000], "a whole picture"),
        (encoded(Image.effect_noise((90, 90), 50), "JPEG")[:900], "a whole picture"),
    ],
    ids=lambda value: "" if isinstance(value, str) else None,
)
def test_what_is_no_good_picture_is_one_line(content, line):
    with pytest.raises(PhotoError, match=line) as raised:
        decode(content, "it")
    assert "\n" not in str(raised.value)


def test_a_cameras_jpeg_with_a_preview_is_one_picture():
    picture, preview = Image.effect_noise((90, 60), 50), Image.new("L", (30, 20), 200)
    content = encoded(picture, "MPO", save_all=True, append_images=[preview])
    with Image.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.n_frames) == ("MPO", 2)
    assert decode(content).shape == (60, 90, 3)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    def unpacked(*_args, **_kwargs):
        raise AssertionError("it was unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)
    with pytest.raises(PhotoError, match="million pixels"):
        decode(bomb(10_000, 9_000))


def test_a_file_of_too_many_bytes_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    (tmp_path / "large.png").write_bytes(b"x" * 5000)
    with pytest.raises(PhotoError, match="at most"):
        read_file(tmp_path / "large.png")


def test_what_is_no_file_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing.png", tmp_path / "pipe"):
        with pytest.raises(PhotoError, match=r"must be a file\. Received"):
            read_file(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_damaged_bytes_are_pixels_or_one_line(kind):
    whole = encoded(Image.effect_noise((40, 40), 50).convert("RGB"), kind)
    rng = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(whole)
        for at in rng.integers(0, len(content), 4):
            content[at] = rng.integers(256)
        try:
            pixels = decode(bytes(content[: rng.integers(1, len(content) + 1)]))
        except PhotoError as error:
            assert "\n" not in str(error)
        else:
            assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
