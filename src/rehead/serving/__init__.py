"""A trained detector behind a request: images in, boxes, classes and masks out."""
