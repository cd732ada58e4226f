"""The source that a served model needs: the modules of rehead which its entry imports, and the packages beside it."""

import ast
import importlib.metadata
import shutil
from dataclasses import dataclass
from pathlib import Path

import rehead

PACKAGE = Path(rehead.__file__).parent


@dataclass(frozen=True)
class Source:
    """Python files of the package, and the top-level modules of others that they import."""

    files: tuple[Path, ...]
    others: tuple[str, ...]


def source_of(module: str) -> Source:
    """Follow imports from a module of rehead through the package; nothing is imported to find out."""
    waiting, files, others = [module], set[Path](), set[str]()
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if not name.startswith("rehead"):
            others.add(name.partition(".")[0])
        elif file is not None and file not in files:
            files |= {file, *_parents(file)}
            waiting += _imports(file)
    return Source(tuple(sorted(files)), tuple(sorted(others)))


def copy_source(source: Source, folder: Path) -> Path:
    """Copy the files into `folder/rehead`, without bytecode and weights; returns that package folder."""
    for file in source.files:
        target = folder / "rehead" / file.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return folder / "rehead"


def pinned_requirements(modules: tuple[str, ...]) -> list[str]:
    """Name the installed distribution and version of each module, sorted; the standard library has none."""
    owners = importlib.metadata.packages_distributions()
    names = {_owner(module, owners[module]) for module in modules if module in owners}
    # A local label such as +cpu names a build, not a release.
    return sorted(f"{name}=={importlib.metadata.version(name).partition('+')[0]}" for name in names)


def _owner(module: str, distributions: list[str]) -> str:
    """Choose among distributions that share a module the one that is called like it."""
    same = [name for name in distributions if name.lower().replace("-", "_") == module.lower()]
    return (same or sorted(distributions))[0]


def _imports(file: Path) -> list[str]:
    """List the absolute names that a file imports; `from a import b` may mean the module a.b as well."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _file_of(module: str) -> Path | None:
    """Find a module of the package; None for anything else, such as a name inside a module."""
    parts = module.split(".")
    if parts[0] != "rehead":
        return None
    path = PACKAGE.joinpath(*parts[1:])
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _parents(file: Path) -> list[Path]:
    """List the `__init__.py` files that Python reads on the way to a module."""
    folders = [folder for folder in file.parents if folder.is_relative_to(PACKAGE)]
    return [folder / "__init__.py" for folder in folders if (folder / "__init__.py").is_file()]
