"""Formats that datasets come in: found on disk, and read into a COCO document that the strict reader checks."""
