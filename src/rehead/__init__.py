"""New heads for Mask R-CNN: from a COCO dataset to a registered, served model."""
