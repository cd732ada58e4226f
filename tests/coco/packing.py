"""Archives of a few small files."""

import io
import tarfile
import zipfile
from pathlib import Path

TAR_MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def write_tar(path: Path, *members: tarfile.TarInfo | str, data: bytes = b"x") -> Path:
    with tarfile.open(path, TAR_MODES["".join(path.suffixes)]) as packed:  # type: ignore[call-overload]
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(data) if info.isfile() else 0
            packed.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, *names: str | zipfile.ZipInfo, data: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, data)
    return path
