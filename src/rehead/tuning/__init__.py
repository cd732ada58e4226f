"""Optuna: the declared space, one resumable study, and the trial that trains a detector."""
