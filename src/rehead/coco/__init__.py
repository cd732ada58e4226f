"""COCO instance segmentation as a file format: strict reading, splitting, the canonical copy, masks, results."""
