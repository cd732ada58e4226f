"""Images and targets as tensors, augmented in pairs, in an order that a seed fixes."""
