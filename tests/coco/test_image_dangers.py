"""Image files that crash decoders, swell, or show tools other pixels than people are named; odd ones are read."""

import contextlib
import io
import struct
import unicodedata
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rehead.coco.decoding import ImageError, decode_image

Form = Literal["NFC", "NFD"]
Document = dict[str, Any]


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )


PICTURE = Image.fromarray(np.random.default_rng(5).integers(0, 255, (48, 64, 3), dtype=np.uint8))
JPEG, PNG = _bytes(PICTURE, "JPEG"), _bytes(PICTURE, "PNG")
TURNED = [PICTURE.rotate(90), PICTURE.rotate(180)]


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


FILES: dict[str, tuple[str, bytes]] = {
    "one_flipped_bit_in_a_png": ("image-corrupt", _flipped(PNG, PNG.index(b"IDAT") + 104)),
    "a_png_cut_in_half": ("image-corrupt", PNG[: len(PNG) // 2]),
    "a_jpeg_cut_within_its_header": ("image-corrupt", JPEG[:200]),
    "a_webp_cut": ("image-corrupt", _bytes(PICTURE, "WEBP")[:-200]),
    "a_bmp_cut": ("image-corrupt", _bytes(PICTURE, "BMP")[:-3000]),
    "a_tiff_cut": ("image-corrupt", _bytes(PICTURE, "TIFF")[:-3000]),
    "a_colour_profile_that_inflates": (
        "image-corrupt",
        PNG[:33] + _chunk(b"iCCP", b"k\0\0" + zlib.compress(b"A" * (8 << 20), 9)) + PNG[33:],
    ),
    "a_picture_of_140_kilobytes_for_a_gigabyte": ("image-too-large", _png(12_000, 12_000, b"\0")),
    "a_picture_of_no_size": ("image-format", _png(0, 0, b"")),
    "an_animated_png": ("image-frames", _bytes(PICTURE, "PNG", save_all=True, append_images=TURNED)),
    "an_animated_webp": ("image-frames", _bytes(PICTURE, "WEBP", save_all=True, append_images=TURNED)),
    "a_tiff_of_three_pages": ("image-frames", _bytes(PICTURE, "TIFF", save_all=True, append_images=TURNED)),
    "postscript_runs_a_program": ("image-format", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"),
    "photoshop": ("image-format", b"8BPS\0\x01" + b"\0" * 100),
    "an_icon_of_many_sizes": ("image-format", _bytes(PICTURE, "ICO")),
    "numbers_beyond_16_bits": (
        "image-mode-unsafe",
        _bytes(Image.fromarray(np.full((48, 64), 70_000, np.int32)), "TIFF"),
    ),
}


@pytest.mark.parametrize("danger", FILES)
def test_an_image_is_stopped(danger: str) -> None:
    code, data = FILES[danger]
    with pytest.raises(ImageError) as caught:
        decode_image(data)
    assert caught.value.code == code


def _with_exif(value: bytes) -> bytes:
    """Write a JPEG whose EXIF data is `value`."""
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(value) + 8) + b"Exif\0\0" + value + JPEG[2:]


def _oriented(value: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = value
    return _bytes(PICTURE, "JPEG", exif=exif.tobytes())


ODD_BUT_SOUND: dict[str, bytes] = {
    "orientation_0": _oriented(0),
    "orientation_9": _oriented(9),
    "orientation_65535": _oriented(65535),
    "exif_data_that_is_none": _with_exif(bytes(range(32))),
    "an_orientation_of_two_thousand_million_values": _with_exif(
        b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 0x7FFFFFFF, 8)
    ),
    "bytes_behind_the_end": JPEG + b"more" * 1000,
}


@pytest.mark.parametrize("oddity", ODD_BUT_SOUND)
def test_an_odd_jpeg_is_read_as_it_stands(oddity: str) -> None:
    seen = decode_image(ODD_BUT_SOUND[oddity])
    assert (seen.image.size, seen.orientation, seen.plain) == ((64, 48), 1, True)


def test_of_a_cameras_two_pictures_in_a_file_the_first_is_read() -> None:
    seen = decode_image(_bytes(PICTURE, "MPO", save_all=True, append_images=TURNED[1:]))
    assert (seen.format, np.asarray(seen.image).tolist()) == ("JPEG", np.asarray(decode_image(JPEG).image).tolist())


def test_a_transparent_palette_is_stored_anew_without_it() -> None:
    seen = decode_image(_bytes(PICTURE.convert("P"), "PNG", transparency=3))
    assert ([code for code, _ in seen.notes], seen.plain) == (["image-alpha"], False)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("value", [30_000, 65_535])
def test_16_bits_a_pixel_are_scaled_not_clipped(value: int, kind: str) -> None:
    grey = Image.fromarray(np.full((48, 64), value, np.uint16))
    assert np.asarray(decode_image(_bytes(grey, kind)).image)[0, 0, 0] == value // 257


SEEDS = [JPEG, PNG, *(_bytes(PICTURE, kind) for kind in ("WEBP", "BMP", "GIF", "TIFF"))]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10**5), st.binary(max_size=4)), max_size=4))
@settings(max_examples=200, deadline=None)
def test_an_image_spoiled_anywhere_is_read_or_named(data: bytes, edits: list[tuple[int, bytes]]) -> None:
    for at, new in edits:
        place = at % len(data)
        data = data[:place] + new + data[place + max(len(new), 1) :]
    with contextlib.suppress(ImageError):
        assert decode_image(data).image.mode == "RGB"


@pytest.mark.parametrize(("listed", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_in_another_unicode_form_is_found(
    listed: Form, stored: Form, folder: Path, look: Any, document: Document
) -> None:
    (folder / "images" / "1.png").rename(folder / "images" / unicodedata.normalize(stored, "\u00e9.png"))
    document["images"][0]["file_name"] = unicodedata.normalize(listed, "\u00e9.png")
    data, log = look(document)
    assert (len(data.images), list(log.totals())) == (3, ["file-name-case"])


def test_a_name_that_fits_two_files_is_not_guessed(folder: Path, look: Any, document: Document) -> None:
    for name in ("A.png", "a.PNG"):
        (folder / "images" / name).write_bytes((folder / "images" / "1.png").read_bytes())
    document["images"][0]["file_name"] = "a.png"
    _, log = look(document)
    assert "file-missing" in log.totals()


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname"])
def test_a_link_to_a_device_or_out_of_the_folder_is_never_opened(
    target: str, folder: Path, look: Any, document: Document
) -> None:
    (folder / "images" / "1.png").unlink()
    (folder / "images" / "1.png").symlink_to(target)
    _, log = look(document)
    assert next(iter(log.totals())) in ("file-type", "file-name")


def test_a_folder_that_is_a_link_leads_no_further_than_the_image_folder(
    folder: Path, look: Any, document: Document, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (folder / "images" / "1.png").rename(outside / "1.png")
    (folder / "images" / "sub").symlink_to(outside)
    document["images"][0]["file_name"] = "sub/1.png"
    _, log = look(document)
    assert next(iter(log.totals())) == "file-name"
