"""All formats that are read, by the name that a part of a source carries."""

from rehead.coco.formats.coco import COCO
from rehead.coco.formats.format import Format
from rehead.coco.formats.image_folders import IMAGE_FOLDERS
from rehead.coco.formats.labelme import LABELME
from rehead.coco.formats.masks import MASKS
from rehead.coco.formats.via import VIA
from rehead.coco.formats.yolo import YOLO

FORMATS: dict[str, Format] = {
    "coco": COCO,
    "yolo": YOLO,
    "masks": MASKS,
    "image_folders": IMAGE_FOLDERS,
    "labelme": LABELME,
    "via": VIA,
}
