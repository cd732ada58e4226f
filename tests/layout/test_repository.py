"""Rules about files: their names, sizes and what may not stand in them."""

import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.layout.pipeline import PACKAGE, ROOT

GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "tools", "base", "core"}
LONGEST = 200
# Written in parts, since this file obeys the rule as well.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("crates", "io"),
    )
]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def sources() -> list[Path]:
    return [file for folder in ("src", "stages", "tests") for file in (ROOT / folder).rglob("*.py")]


def test_no_file_is_a_grab_bag() -> None:
    named = [*sources(), *(folder for folder in PACKAGE.rglob("*") if folder.is_dir())]
    assert [path for path in named if path.stem.lstrip("_") in GRAB_BAGS] == []


def test_no_source_file_is_longer_than_two_hundred_lines() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in sources()}
    assert {str(file): length for file, length in lengths.items() if length > LONGEST} == {}


def test_a_package_file_re_exports_nothing() -> None:
    loud = [
        file
        for file in PACKAGE.rglob("__init__.py")
        if re.search(r"^(from|import rehead)\b", file.read_text(encoding="utf-8").split('"""')[2], re.MULTILINE)
    ]
    assert loud == []


def test_no_tracked_file_names_a_registry() -> None:
    found = [f"{file}: {host}" for file in tracked_files() for host in REGISTRIES if host.encode() in file.read_bytes()]
    assert found == []


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock.txt").read_text(encoding="utf-8")
    assert ("://" in lock, "--hash=sha256:" in lock) == (False, True)


def test_the_lock_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock.txt").read_text().splitlines() if "==" in line}
    assert {canonicalize_name(Requirement(line).name) for line in asked} - locked == set()
