"""From a detector's outputs to run lengths, and from those to COCO box and mask mAP."""
