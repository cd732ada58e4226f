"""All formats that are read, by the name that a part of a source carries."""

from rehead.coco.formats.coco import COCO
from rehead.coco.formats.format import Format

FORMATS: dict[str, Format] = {
    "coco": COCO,
}
