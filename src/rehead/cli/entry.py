"""Where the `rehead` command starts: Ctrl-C is one line from the first import on, which takes a third of a second."""

import sys

_INTERRUPTED = 130
"""128 and SIGINT's number, as shells count."""


def main() -> None:
    """Import the command and run it."""
    try:
        from rehead.cli import app  # typer and all verbs: 0.3 s, and 3 s on a busy machine
    except KeyboardInterrupt:
        print("rehead: interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    app.main()
