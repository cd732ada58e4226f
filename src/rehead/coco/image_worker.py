"""A process that decodes images one by one, so that a crash or a bomb in one of them ends this process alone.

Reads a JSON request {path, max_pixels} a line from its input, answers with a JSON line, ends with its input. A request
with `whole` asks for the objects of a mask file.
"""

import hashlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

from rehead.coco.decoding import ImageError, decode_image
from rehead.coco.formats.label_image import labelled
from rehead.coco.looks import look_of

_MEMORY_BYTES = 6 << 30
_FILE_BYTES = 1 << 30


def inspected(path: Path, max_pixels: int) -> dict[str, Any]:
    """Decode one file wholly; returns its facts and notes, or the code and message of what is wrong."""
    try:
        if path.stat().st_size > _FILE_BYTES:
            raise ImageError("image-too-large", f"the file has over {_FILE_BYTES} bytes: too large")
        data = path.read_bytes()
        seen = decode_image(data, max_pixels=max_pixels)
        facts = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "pixels": seen.digest,
            "width": seen.width,
            "height": seen.height,
            "orientation": seen.orientation,
            "format": seen.format,
            "mode": seen.mode,
            "plain": seen.plain,
            "look": look_of(seen.image).hex(),
        }
        return {"facts": facts, "notes": seen.notes}
    except ImageError as error:
        return {"facts": None, "notes": [[error.code, str(error)]]}
    except OSError as error:
        return {"facts": None, "notes": [["file-type", f"cannot read the file: {error.strerror or error}"]]}


def main() -> None:
    """Answer requests until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    for line in sys.stdin:
        request = json.loads(line)
        path, max_pixels = Path(request["path"]), request["max_pixels"]
        if "whole" in request:
            answer = labelled(path, max_pixels, whole=request["whole"])
        else:
            answer = inspected(path, max_pixels)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
