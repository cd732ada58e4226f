"""Retraining on a schedule: when a cycle is worth running, and one cycle in a clean checkout."""
