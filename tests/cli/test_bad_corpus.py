"""The corpus of broken inputs: whatever a dataset or a results file has wrong, the command says so in good order."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "bad_coco.py"
REHEAD = f"{shlex.quote(sys.executable)} -c 'from rehead.cli.app import main; main()'"
CHECK = f"{REHEAD} check {{dir}}/annotations.json --images {{dir}}/images"
COMMANDS = {
    "json": (CHECK, 52),
    "ids": (CHECK, 25),
    "geom": (CHECK, 47),
    "rle": (CHECK, 29),
    "image": (CHECK, 43),
    "split": (f"{CHECK} $(test -f {{dir}}/val.json && echo --val {{dir}}/val.json)", 11),
    "dt": (f"{REHEAD} score {{dir}}/annotations.json {{dir}}/dt.json", 21),
}
"""The command for each layer of the corpus, and how many cases the layer has."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not CORPUS.is_file(), reason="../shared/bad_coco.py is not here"),
]


def _ask(*arguments: str) -> str:
    done = subprocess.run([sys.executable, str(CORPUS), *arguments], capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus, dealt into a folder for each layer; what cases point at from outside lies beside them."""
    made, root = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("layers")
    _ask("make", str(made))
    for case in made.glob("*/case.json"):
        layer = root / json.loads(case.read_text())["layer"]
        if not layer.exists():
            shutil.copytree(made / "_outside", layer / "_outside")
        case.parent.rename(layer / case.parent.name)
    return root


@pytest.mark.parametrize("layer", COMMANDS)
def test_no_case_of_the_corpus_fails(layer: str, layers: Path) -> None:
    command, cases = COMMANDS[layer]
    assert len(list((layers / layer).glob("*/case.json"))) == cases
    said = _ask("check", str(layers / layer), "--cmd", command, "--timeout", "60")
    assert re.fullmatch(r"0 of \d+ cases failed\n", said), said


def test_every_layer_of_the_corpus_is_asked_about(layers: Path) -> None:
    assert {path.name for path in layers.iterdir()} == set(COMMANDS)


def test_a_case_that_fails_would_be_seen(layers: Path) -> None:
    assert "FAIL dt_nan_score" in _ask("check", str(layers / "dt"), "--cmd", "true")
