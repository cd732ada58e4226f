"""DVC's page of plots, opened without a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rehead.reporting.vega import write_plots_template
from tests.reporting.browsing import visit

pytestmark = pytest.mark.system

DVC = (sys.executable, "-m", "dvc")
AUTHOR = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a curve that changed since the last commit, and our template in DVC's settings."""
    folder = tmp_path_factory.mktemp("project")
    write_plots_template(folder / "reports" / "plots.html")
    (folder / "dvc.yaml").write_text("plots:\n  - curve.csv: {x: epoch, y: AP}\n", encoding="utf-8")
    (folder / "curve.csv").write_text("epoch,AP\n1,0.1\n2,0.3\n", encoding="utf-8")
    (folder / ".gitignore").write_text("reports/\ndvc_plots/\n", encoding="utf-8")
    run(folder, "git", "init", "-q")
    run(folder, *DVC, "init", "-q")
    run(folder, *DVC, "config", "plots.html_template", "../reports/plots.html")
    run(folder, "git", "add", ".")
    run(folder, "git", *AUTHOR, "commit", "-qm", "one")
    (folder / "curve.csv").write_text("epoch,AP\n1,0.2\n2,0.5\n", encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> None:
    environment = os.environ | {"DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize(("command", "revisions"), [(["show"], ["workspace"]), (["diff"], ["workspace", "HEAD"])])
def test_the_plots_are_drawn_and_nothing_is_loaded(
    chromium: Browser, project: Path, command: list[str], revisions: list[str]
) -> None:
    run(project, *DVC, "plots", *command)
    page = project / "dvc_plots" / "index.html"
    with visit(chromium, page) as seen:
        chart = seen.page.locator(".vega-embed canvas, .vega-embed svg.marks").first
        chart.wait_for(state="visible")
        drawn = seen.page.evaluate("[...document.querySelectorAll('.vega-embed')].length")
        rows = [revision for revision in ("workspace", "HEAD") if f'"rev": "{revision}"' in page.read_text()]
        errors = [line for line in seen.complaints if not line.startswith("warning")]
        assert (drawn, rows, seen.asked, errors) == (1, revisions, [page.as_uri()], [])
