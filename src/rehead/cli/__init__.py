"""The `rehead` command: one verb a task, grouped by what it is about."""
