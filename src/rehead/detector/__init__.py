"""Mask R-CNN for any trunk that torchvision has: building, weights, head swap, freezing, checkpoint."""
