"""The project's own plots in DVC's page, of two revisions, opened without a network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from ruamel.yaml import YAML

from rehead.reporting.analysis_figures import write_analysis_figures, write_analysis_tables
from rehead.reporting.vega import write_plots_template
from tests.reporting.analyses import sample_analysis
from tests.reporting.browsing import visit

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
DVC = (sys.executable, "-m", "dvc")
AUTHOR = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's plots and DVC settings without its stages, two commits of what `evaluate` writes for them."""
    folder = tmp_path_factory.mktemp("project")
    reports, yaml = folder / "reports", YAML(typ="safe")
    plots = yaml.load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
    with (folder / "dvc.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({"plots": [*plots, "reports/figures"]}, stream)
    write_plots_template(reports / "plots.html")
    (folder / ".gitignore").write_text("reports/plots.html\ndvc_plots/\n", encoding="utf-8")
    run(folder, "git", "init", "-q")
    run(folder, *DVC, "init", "-q")
    shutil.copy(ROOT / ".dvc" / "config", folder / ".dvc" / "config")
    for revision in (1, 2):
        analysis = sample_analysis(["nut", "bolt"], images=20 * revision)
        analysis["by_iou"] = analysis["by_iou"] | {"box": [0.4 * revision] * 10}
        analysis["curves"]["box"]["all"]["precision50"] = [0.5 * revision] * 101
        write_analysis_tables(analysis, reports / "tables")
        (reports / "figures").mkdir(exist_ok=True)
        write_analysis_figures({"by_iou": analysis["by_iou"]}, reports / "figures")
        run(folder, "git", "add", ".")
        run(folder, "git", *AUTHOR, "commit", "-qm", f"revision {revision}")
    return folder


def run(folder: Path, *command: str) -> None:
    environment = os.environ | {"DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize(("command", "pictures"), [(["show"], 1), (["diff", "HEAD~1"], 2)])
def test_every_plot_is_drawn_of_each_revision_and_nothing_is_loaded(
    chromium: Browser, project: Path, command: list[str], pictures: int
) -> None:
    run(project, *DVC, "plots", *command)
    page = project / "dvc_plots" / "index.html"
    with visit(chromium, page) as seen:
        seen.page.locator(".vega-embed canvas, .vega-embed svg.marks").nth(2).wait_for(state="visible")
        assert seen.page.locator(".vega-embed").count() == 3
        assert (
            seen.page.locator("img").evaluate_all("all => all.filter(one => one.naturalWidth > 0).length") == pictures
        )
        assert ('"rev": "HEAD~1"' in page.read_text()) == (pictures == 2)
        assert [address for address in seen.asked if not address.startswith("file:")] == []
        assert [line for line in seen.complaints if not line.startswith("warning")] == []
