"""What a detector gets wrong on a split, what that costs, and where to look first: pure functions on COCO results."""
