"""What a picture looks like, in a kilobyte: a perceptual hash and a thumbnail, by which `twins` finds near copies.

Only the decoding process imports this: the hash library brings scipy, 0.3 s that the commands would wait for.
"""

import imagehash
import numpy as np
from PIL import Image

from rehead.coco.twins import SIDE

_LARGE, _ENOUGH = 1024, 512
"""Shorter sides in pixels: of pictures larger than one, pixels are skipped down to the other before averaging."""


def look_of(image: Image.Image) -> bytes:
    """Give 8 bytes of perceptual hash and SIDE x SIDE grey values.

    The hash is imagehash's `phash`: signs of the lowest 8 x 8 cosine frequencies, against their median. In pictures
    that share a background and differ in small things it differs widely, where a hash of brightness steps (`dhash`)
    is the same for every picture taken under one uneven light.
    """
    shortest = min(image.size)
    if shortest > _LARGE:
        size = (round(image.width * _ENOUGH / shortest), round(image.height * _ENOUGH / shortest))
        image = image.resize(size, Image.Resampling.NEAREST)
    thumbnail = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2).convert("L")
    return np.packbits(imagehash.phash(thumbnail).hash).tobytes() + thumbnail.tobytes()
