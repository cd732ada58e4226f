"""`rehead init` in the folder where the test is, and what it left in params.yaml."""

from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.params import load_document

PARAMS, PIPELINE = Path("params.yaml"), Path("dvc.yaml")
SETTINGS = """\
# Settings.
data:
  source: shapes  # drawn
  seed: 0
model:
  fpn_channels: 96  # ours

train:
  freeze: backbone+fpn
  lr: 0.002
  weight_decay: 0.001
"""


def init(*arguments: object, answers: str | None = None) -> Result:
    """Run the verb; `answers` is what is typed."""
    return CliRunner().invoke(app, ["init", *map(str, arguments)], input=answers)


def values() -> dict[str, Any]:
    """The values of params.yaml by their dotted names."""
    return {f"{section}.{key}": v for section, block in load_document(PARAMS).items() for key, v in block.items()}


def refusal(*arguments: object) -> str:
    """The line that a refused init ends with; both files must be as they were."""
    before = {path: path.read_bytes() for path in (PARAMS, PIPELINE) if path.is_file()}
    result = init(*arguments)
    assert (result.exit_code, isinstance(result.exception, (ValueError, OSError))) == (1, True)
    assert {path: path.read_bytes() for path in (PARAMS, PIPELINE) if path.is_file()} == before
    return str(result.exception)
