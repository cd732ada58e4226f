"""Ablations: the same training but for one field of the model, over several seeds, compared on validation."""
