"""Which kind of segmentation a task needs, and the model to start with: from three answers, or from the data."""
