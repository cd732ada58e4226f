"""Image files: names that lead nowhere else, bytes that decode wholly, sizes and frames that agree with the JSON."""

import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco.decoding import decode_image

Document = dict[str, Any]
Spoil = Callable[[Path, Document], object]


def _picture(width: int = 64, height: int = 48) -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _stored(data: bytes) -> Spoil:
    return lambda path, document: path.write_bytes(data)


def _named(name: str) -> Spoil:
    return lambda path, document: document["images"][0].update(file_name=name)


def _linked(target: str) -> Spoil:
    def _spoil(path: Path, document: Document) -> None:
        path.unlink()
        path.symlink_to(target)

    return _spoil


def _made_a_pipe(path: Path, document: Document) -> None:
    path.unlink()
    os.mkfifo(path)


def _exif(orientation: int, width: int = 64, height: int = 48) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _bytes(_picture(width, height), "JPEG", exif=exif.tobytes())


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


JPEG = _bytes(_picture(), "JPEG")
FRAMES = _bytes(_picture(), "GIF", save_all=True, append_images=[_picture().rotate(90)])
FLOATS = _bytes(Image.fromarray(np.zeros((48, 64), np.float32)), "TIFF")
DEEP = _bytes(Image.fromarray(np.full((48, 64), 30_000, np.uint16)), "PNG")
SPOILED: list[tuple[str, Spoil]] = [
    ("file-name", _named("../images/2.png")),
    ("file-name", _named("/etc/hostname")),
    ("file-name", _named("sub\\1.png")),
    ("file-name", _named("1\0.png")),
    ("file-name", _named("\ud800.png")),
    ("file-name", _named("x" * 300 + ".png")),
    ("file-name", _linked("../annotations.json")),
    ("file-missing", _named("none.png")),
    ("file-type", _named(".")),
    ("file-type", _linked("1.png")),
    ("file-type", _made_a_pipe),
    ("file-name-case", _named("1.PNG")),
    ("files-unlisted", lambda path, document: path.with_name("extra.png").write_bytes(JPEG)),
    ("image-empty", _stored(b"")),
    ("image-format", _stored(b"version https://git-lfs.github.com/spec/v1\n")),
    ("image-format", _stored(b"<svg/>")),
    ("image-corrupt", _stored(JPEG[: len(JPEG) // 2])),
    ("image-frames", _stored(FRAMES)),
    ("image-too-large", _stored(_png_header(60_000, 60_000))),
    ("image-mode-unsafe", _stored(FLOATS)),
    ("image-mode", _stored(_bytes(_picture().convert("CMYK"), "JPEG"))),
    ("image-mode", _stored(DEEP)),
    ("image-alpha", _stored(_bytes(_picture().convert("RGBA"), "PNG"))),
    ("image-end", _stored(JPEG[:-2])),
    ("image-size", _stored(_bytes(_picture(48, 64), "JPEG"))),
    ("size-missing", lambda path, document: [document["images"][0].pop(key) for key in ("width", "height")]),
    ("exif-orientation", _stored(_exif(6))),
    ("exif-ambiguous", _stored(_exif(3))),
    ("images-repeated", lambda path, document: path.write_bytes(path.with_name("2.png").read_bytes())),
]


@pytest.mark.parametrize(("code", "spoil"), SPOILED, ids=[f"{n}-{code}" for n, (code, _) in enumerate(SPOILED)])
def test_a_spoiled_image_is_named_by_its_kind_of_fault(code: str, spoil: Spoil, folder: Path, look: Any) -> None:
    document = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    spoil(folder / "images" / "1.png", document)
    _, log = look(document)
    assert next(iter(log.totals())) == code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_formats_are_told_by_content_whatever_the_name(kind: str, folder: Path, look: Any, document: Document) -> None:
    (folder / "images" / "1.png").write_bytes(_bytes(_picture(), kind))
    _, log = look(document)
    assert not log.totals()


@pytest.mark.parametrize("name", ["é 日本 😀.png", " a  b .png", "a\nb.png", "a%2e%2e.png", "-rf.png", "sub/dir/1.png"])
def test_awkward_but_legal_names_are_read(name: str, folder: Path, look: Any, document: Document) -> None:
    target = folder / "images" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (folder / "images" / "1.png").rename(target)
    document["images"][0]["file_name"] = name
    _, log = look(document)
    assert not log.totals()


def test_folders_written_with_backslashes_are_found(folder: Path, look: Any, document: Document) -> None:
    (folder / "images" / "sub").mkdir()
    (folder / "images" / "1.png").rename(folder / "images" / "sub" / "1.png")
    document["images"][0]["file_name"] = "sub\\1.png"
    data, log = look(document)
    assert (len(data.images), log.totals()) == (3, {"file-name-case": 1})


def test_backslashes_lead_no_further_than_slashes(folder: Path, look: Any, document: Document) -> None:
    document["images"][0]["file_name"] = "..\\images\\1.png"
    _, log = look(document)
    assert next(iter(log.totals())) == "file-name"


def test_a_link_within_the_folder_is_followed(folder: Path, look: Any, document: Document) -> None:
    (folder / "images" / "1.png").rename(folder / "images" / "kept.png")
    (folder / "images" / "1.png").symlink_to("kept.png")
    data, _ = look(document)
    assert len(data.images) == 3


def test_a_link_into_a_dvc_cache_is_followed(folder: Path, look: Any, document: Document) -> None:
    cached = folder / ".dvc" / "cache" / "files" / "md5" / "ab"
    cached.parent.mkdir(parents=True)
    (folder / "images" / "1.png").rename(cached)
    (folder / "images" / "1.png").symlink_to(cached)
    _, log = look(document)
    assert not log.totals()


def test_a_jpeg_whose_last_scan_bytes_are_gone_is_corrupt(folder: Path, look: Any, document: Document) -> None:
    (folder / "images" / "1.png").write_bytes(JPEG[:-40])
    _, log = look(document)
    assert list(log.totals()) == ["image-corrupt"]


def test_16_bit_grey_keeps_its_brightness() -> None:
    assert np.asarray(decode_image(DEEP).image)[0, 0].tolist() == [116, 116, 116]


def test_a_text_chunk_that_inflates_is_left_out(folder: Path, look: Any, document: Document) -> None:
    plain = _bytes(_picture(), "PNG")
    text = b"k\0\0" + zlib.compress(b"A" * (8 << 20), 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    (folder / "images" / "1.png").write_bytes(plain[:33] + chunk + plain[33:])
    data, log = look(document)
    assert not log.totals()
    assert not data.images[0].facts.plain
