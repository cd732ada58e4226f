"""Requests' images: what is accepted, and every hostile form refused with the row and without the input."""

import base64
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from rehead.coco.decoding import FORMATS
from rehead.serving.images import UNLIMITED, Limits, RequestError, read_image

Encode = Callable[..., bytes]


@pytest.fixture
def encode() -> Encode:
    def _encode(kind: str, *, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
        pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(stream, format=kind, **options)
        return stream.getvalue()

    return _encode


def _png_with_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 10)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_formats_are_read_from_bytes(encode: Encode, kind: str) -> None:
    assert read_image(encode(kind), row=0).shape == (30, 40, 3)


def test_a_lossless_image_keeps_its_pixels(encode: Encode) -> None:
    expected = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_image(encode("PNG"), row=0), expected)


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,", "data:;base64,"])
def test_base64_is_read_with_or_without_a_data_url(encode: Encode, prefix: str) -> None:
    data = encode("JPEG")
    read = read_image(prefix + base64.b64encode(data).decode(), row=0)
    np.testing.assert_array_equal(read, read_image(data, row=0))


def test_base64_in_lines_is_read(encode: Encode) -> None:
    assert read_image(base64.encodebytes(encode("PNG")).decode(), row=0).shape == (30, 40, 3)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1"])
def test_other_modes_become_rgb(encode: Encode, mode: str) -> None:
    assert read_image(encode("PNG", mode=mode), row=0).shape == (30, 40, 3)


def test_a_cmyk_jpeg_becomes_rgb(encode: Encode) -> None:
    assert read_image(encode("JPEG", mode="CMYK"), row=0).shape == (30, 40, 3)


def test_a_photograph_taken_on_its_side_is_turned_upright(encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(encode("JPEG", exif=exif), row=0).shape == (40, 30, 3)


def test_a_phone_photograph_with_a_preview_gives_the_photograph() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30)).save(stream, format="MPO", save_all=True, append_images=[Image.new("RGB", (20, 15))])
    assert read_image(stream.getvalue(), row=0).shape == (30, 40, 3)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "not NoneType"),
        (7, "not int"),
        (float("nan"), "not float"),
        (["a"], "not list"),
        ({"a": 1}, "not dict"),
        ("", "empty"),
        (b"", "empty"),
        ("not base64!", "not base64"),
        ("/etc/passwd", "not base64"),
        ("file:///etc/passwd", "not base64"),
        ("http://169.254.169.254/latest", "not base64"),
        ("ümläut", "not base64"),
        (base64.b64encode(b"plain text").decode(), "not an image"),
        (b"\0" * 1000, "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
    ],
)
def test_what_is_no_image_is_refused(value: object, told: str) -> None:
    with pytest.raises(RequestError, match=f"row 3: .*{told}"):
        read_image(value, row=3)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP", "ICO", "PPM"])
def test_other_formats_are_refused(encode: Encode, kind: str) -> None:
    with pytest.raises(RequestError, match="row 0: not an image in JPEG, PNG or WebP format"):
        read_image(encode(kind), row=0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_cut_short_is_refused(encode: Encode, kind: str) -> None:
    data = encode(kind, size=(200, 200))
    with pytest.raises(RequestError, match=r"damaged or cut short|not an image"):
        read_image(data[: len(data) // 2], row=0)


def test_a_flipped_byte_in_a_png_is_refused(encode: Encode) -> None:
    data = bytearray(encode("PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(RequestError, match="damaged"):
        read_image(bytes(data), row=0)


@pytest.mark.parametrize("side", [5001, 9000, 60000, 2**31 - 1])
def test_a_header_of_too_many_pixels_is_refused_unread(side: int) -> None:
    with pytest.raises(RequestError, match="row 0"):
        read_image(_png_with_header(side, side), row=0)


def test_a_text_bomb_in_a_png_is_not_inflated(encode: Encode) -> None:
    data = encode("PNG")
    bomb = b"zTXt" + b"k\0\0" + zlib.compress(b"A" * 80_000_000)
    chunk = struct.pack(">I", len(bomb) - 4) + bomb + struct.pack(">I", zlib.crc32(bomb))
    np.testing.assert_array_equal(read_image(data[:33] + chunk + data[33:], row=0), read_image(data, row=0))


@pytest.mark.parametrize(
    ("size", "told"), [((1, 1), "side"), ((2000, 1), "side"), ((1, 2000), "side"), ((10, 1001), "100 times")]
)
def test_thin_images_are_refused(encode: Encode, size: tuple[int, int], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        read_image(encode("PNG", size=size), row=0)


def test_sixteen_bit_grey_is_scaled_rather_than_clipped() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((30, 40), 128 * 257, dtype=np.uint16)).save(stream, format="PNG")
    assert read_image(stream.getvalue(), row=0).mean() == 128


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str) -> None:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(stream, format=kind, save_all=True, append_images=frames[1:])
    with pytest.raises(RequestError, match="animated"):
        read_image(stream.getvalue(), row=0)


@pytest.mark.parametrize("value", ["A" * 40_000_000, b"A" * 21_000_000])
def test_an_image_of_too_many_bytes_is_refused(value: str | bytes) -> None:
    with pytest.raises(RequestError, match="larger than 20 MB"):
        read_image(value, row=0)


def test_an_image_of_too_many_pixels_is_refused(encode: Encode) -> None:
    with pytest.raises(RequestError) as caught:
        read_image(encode("PNG", size=(1500, 1001)), row=0, limits=Limits(max_pixels=1_500_000))
    assert str(caught.value) == "row 0: 1500x1001 is over 1.5 megapixels (register.max_megapixels)"


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF"])
def test_limits_may_name_other_formats(encode: Encode, kind: str) -> None:
    assert read_image(encode(kind), row=0, limits=Limits(formats=FORMATS)).shape == (30, 40, 3)
    with pytest.raises(RequestError, match="row 0: not an image in JPEG, PNG, WebP, BMP, GIF or TIFF format"):
        read_image(b"junk", row=0, limits=Limits(formats=FORMATS))


def test_without_limits_an_image_of_many_bytes_is_read(encode: Encode) -> None:
    assert read_image(encode("PNG") + bytes(21_000_000), row=0, limits=UNLIMITED).shape == (30, 40, 3)


def test_a_message_never_repeats_the_input() -> None:
    secret = "c2VjcmV0LXRleHQ" * 3
    with pytest.raises(RequestError) as caught:
        read_image(secret + "!", row=0)
    assert secret not in str(caught.value)
