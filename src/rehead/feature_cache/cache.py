"""Features by image and view: an entry is named after the bytes of the image's file."""

from pathlib import Path

from blake3 import blake3

from rehead.dataset.split import ImageRecord, SampleError
from rehead.dataset.views import View
from rehead.detector.trunk import Features
from rehead.feature_cache.store import Store

_NAME_LETTERS = 32


class FeatureCache:
    """Features of the images in a folder, each of which is hashed when it is first asked for.

    It holds no model, so loading processes can carry it along to ask what is known.
    """

    def __init__(self, images: Path, store: Store) -> None:
        """Take the images of a split from the folder `images`, and their features from `store`."""
        self._images, self._store = images, store
        self._hashes: dict[str, str] = {}

    @property
    def folder(self) -> Path:
        """Give the folder of the entries."""
        return self._store.folder

    @property
    def cap_bytes(self) -> int:
        """Give the bytes that features may take, if the disk has as many."""
        return self._store.cap_bytes

    def knows(self, record: ImageRecord, view: View) -> bool:
        """Tell whether there are features of this image in this view; they may still turn out damaged.

        Raises SampleError where the image's file cannot be read.
        """
        return self._store.holds(self._name(record, view))

    def find(self, record: ImageRecord, view: View) -> Features | None:
        """Read features CHW; None where there are none."""
        return self._store.read(self._name(record, view))

    def put(self, record: ImageRecord, view: View, features: Features) -> None:
        """Keep features CHW, as `rounded` gave them, if there is room."""
        self._store.write(self._name(record, view), features)

    def _name(self, record: ImageRecord, view: View) -> str:
        if record.file_name not in self._hashes:
            path = self._images / record.file_name
            try:
                digest = blake3(path.read_bytes())
            except OSError as error:
                raise SampleError(path, f"{type(error).__name__}: {error}") from error
            self._hashes[record.file_name] = digest.hexdigest()[:_NAME_LETTERS]
        return f"{self._hashes[record.file_name]}-{view.name}"
