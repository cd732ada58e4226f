"""Outputs of a frozen trunk on disk: computed once for an image and a view of it, read from then on."""
