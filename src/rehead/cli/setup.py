"""Setting a project up for a dataset: what `rehead init` does, and what it shows."""

import difflib
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehead.cli.advice import Advice
from rehead.cli.editing import ParamsText, flow, watching, write_together
from rehead.cli.memory import Memory, find_memory
from rehead.cli.plans import Plans
from rehead.cli.proposal import Choice, advisers, decide, survey_of
from rehead.cli.reading import Reading, counted, read_unseen
from rehead.cli.sections import check_sections
from rehead.params import ParamsError

_REASON = "read strictly by ingest; `rehead check` tells beforehand"


@dataclass(frozen=True)
class Project:
    """The two files that a dataset is set up in, and what params.yaml says now; `pipeline` may be missing.

    `new` says that the dataset is not set up yet, or is to be set up anew.
    """

    params: ParamsText
    plans: Plans
    pipeline: Path
    new: bool

    @classmethod
    def of(cls, params: Path, pipeline: Path, *, source: str, force: bool) -> "Project":
        """Read both; raises ValueError if they cannot be written, are broken, or are set up for another dataset."""
        for file in (params, pipeline):
            if file.is_dir() or not os.access(file if file.exists() else Path(), os.W_OK):
                raise ValueError(f"{file.resolve()} cannot be written: make it a file that you may write")
        text = ParamsText.of(params)
        faults = check_sections(params) if params.exists() else []
        if faults:
            raise ParamsError("\n".join([f"{params} has {len(faults)} fault(s), to mend before:", *faults]))
        known = text.value("data", "source")
        if known not in (None, "shapes", source) and not force:
            raise ValueError(f"{params} is set up for {known}: give --force to set it up for {source} instead")
        plans, new = Plans.of(params), force or known != source
        # A pattern for the names of another dataset's files says nothing of these.
        return cls(text, plans if known == source else plans.with_value("data", "group", None), pipeline, new)

    def with_settings(self, settings: Sequence[Advice], *, beside: Path | None) -> dict[Path, str]:
        """Write the settings into the texts of both files; returns those that change."""
        params = self.params
        for item in settings:
            params = params.with_value(item.section, item.key, item.value, because=item.because)
        texts = {self.params.path: (self.params.text, params.text)}
        if self.pipeline.is_file():
            before = self.pipeline.read_bytes().decode()
            texts[self.pipeline] = (before, watching(before, images=beside))
        return {path: after for path, (before, after) in texts.items() if after != before}


def set_up(path: Path, project: Project, choose: Choice, *, dry_run: bool) -> None:
    """Choose settings for a dataset, write both files together unless it is a dry run, and show what was chosen."""
    reading = read_unseen(path, project.plans.data)
    memory = find_memory()
    thaws = project.plans.train.thaw is not None
    asked = advisers(reading.balanced_seed, divides=project.new, thaws=thaws)
    decided = decide(survey_of(reading.splits, memory), project.plans, choose, asked)
    settings = [Advice("data", "source", source_of(path), _REASON), *decided]
    texts = project.with_settings(settings, beside=reading.beside)
    names = " and ".join(file.name for file in texts)
    shown = "".join(line for file, text in texts.items() for line in _diff(file, text)) if dry_run else ""
    if not dry_run:
        write_together(texts)  # before anything is printed, to a pipe that may be closed
    show(settings, project, Console())
    for note in notes(path, reading, project, memory):
        print(f"note: {note}", file=sys.stderr)
    if dry_run:
        print(f"{shown}a dry run: {f'{names} would change' if texts else 'nothing would change'}")
    else:
        done = f"wrote {names}" if texts else "nothing changed"
        print(f"{done}; next: rehead check {shlex.quote(str(path))}, rehead doctor, then dvc repro")


def source_of(path: Path) -> str:
    """Write a path as data.source; a folder called shapes is not the drawn dataset of that name."""
    return "./shapes" if str(path) == "shapes" else str(path)


def show(settings: Sequence[Advice], project: Project, console: Console) -> None:
    """Print parameter, value, what it was, and why: a table on a terminal, one line each elsewhere."""
    table = Table("parameter", "value", "was", "because")
    for item in settings:
        value, was = flow(item.value), _was(item, project)
        changed = "" if value == was else "bold"
        table.add_row(Text(item.name), Text(value, style=changed), Text(was), Text(item.because))
        if not console.is_terminal:
            print(f"{item.name}: {value}{'' if value == was else f' (was {was})'}  # {item.because}")
    if console.is_terminal:
        console.print(table)


def notes(path: Path, reading: Reading, project: Project, memory: Memory) -> list[str]:
    """List what is worth a look."""
    found = []
    if reading.faults:
        found.append(f"{counted(reading.faults)}: none stops ingest, and `rehead check {path}` names each")
    if project.plans.model.weights == "rehead_shapes":
        where = "" if memory.gpu else ", best with a GPU"
        found.append(
            "the weights are small ones of drawn shapes. For photographs set model.arch: maskrcnn_resnet50_fpn_v2 and "
            f"model.weights: COCO_V1 (fetched once, 177 MB{where}), and run this again"
        )
    turned = [name for name in ("flip_vertical", "transpose") if getattr(project.plans.train.augment, name)]
    if turned:
        settings = ", ".join(f"{name}: 0" for name in turned)
        found.append(f"images are mirrored and turned in training; where up matters set {settings} in train.augment")
    if not project.new:
        found.append("how images are split stays, so that none moves to another split; --force decides on it anew")
    if not project.pipeline.is_file():
        found.append(f"no {project.pipeline} here: `dvc repro` needs the project's folder")
    return found


def _was(item: Advice, project: Project) -> str:
    """Write the value before, also where it was the default."""
    return flow(project.plans.value(item.section, item.key)) if item.key != "source" else project.plans.data.source


def _diff(file: Path, text: str) -> list[str]:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    return list(
        difflib.unified_diff(before.splitlines(keepends=True), text.splitlines(keepends=True), str(file), str(file))
    )
