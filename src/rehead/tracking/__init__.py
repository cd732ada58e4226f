"""One MLflow run as a context manager: lineage tags, and a spool while the server is away."""
