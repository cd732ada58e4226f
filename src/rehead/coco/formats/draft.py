"""A COCO document being put together from files in another format; each entry remembers where it comes from."""

from typing import Any

from rehead.coco.json_file import Document

Polygons = list[list[float]]


class Draft:
    """Images, objects and classes as they are found; ids count from 1."""

    def __init__(self) -> None:
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._categories: dict[str, int] = {}
        self._origins: dict[str, list[str]] = {"images": [], "annotations": [], "categories": []}

    def add_class(self, name: str, where: str) -> int:
        """Return the id of a class, which is listed when it is first met."""
        if name not in self._categories:
            self._categories[name] = len(self._categories) + 1
            self._origins["categories"].append(where)
        return self._categories[name]

    def add_image(self, file_name: str, size: tuple[int, int] | None, where: str) -> int:
        """Add an image with its width and height, if they are known; returns its id."""
        entry: dict[str, Any] = {"id": len(self._images) + 1, "file_name": file_name}
        self._images.append(entry if size is None else {**entry, "width": size[0], "height": size[1]})
        self._origins["images"].append(where)
        return len(self._images)

    def add_object(self, image_id: int, category_id: int, segmentation: Polygons | dict[str, Any], where: str) -> None:
        """Add an object by its mask alone: box and area are measured from it."""
        ids = {"id": len(self._annotations) + 1, "image_id": image_id, "category_id": category_id}
        self._annotations.append({**ids, "iscrowd": 0, "segmentation": segmentation})
        self._origins["annotations"].append(where)

    def document(self) -> Document:
        """Return what was put together."""
        categories = [{"id": number, "name": name} for name, number in self._categories.items()]
        value = {"images": self._images, "annotations": self._annotations, "categories": categories}
        return Document(value, self._origins)
