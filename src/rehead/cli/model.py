"""Verbs about a model: predict, serve, verify."""

import sys
from pathlib import Path
from typing import Annotated

import typer

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
"""What training reads, see rehead.coco.decoding."""
_INTERRUPTED = 130
"""128 and SIGINT's number, as shells count."""


def predict(
    model: Annotated[str, typer.Argument(help="A detector's folder, or models:/NAME@champion.")],
    images: Annotated[list[Path], typer.Argument(help="JPEG, PNG, WebP, BMP, GIF or TIFF files, or folders of them.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("predictions"),
    threshold: Annotated[
        float | None,
        typer.Option(
            "--score-threshold", "--threshold", min=0.0, max=1.0, help="Least score, in place of the model's own."
        ),
    ] = None,
) -> None:
    """Detect objects: one overlay an image, and all of it as COCO results.

    Writes OUT/predictions.json (COCO results), OUT/images.json (COCO images and categories that they refer to) and
    OUT/0001-NAME.png and so on. Images that cannot be read are named, the others done; the exit code is then 1. Ctrl-C
    writes what is done.
    """
    from rehead.cli.prediction import open_model, predict_files  # torch, torchvision: 8 to 14 s
    from rehead.files import write_json

    files, others = _pictures(images)
    if others:
        print(f"skipped {others} file{'s that are no images' if others > 1 else ' that is no image'}", file=sys.stderr)
    report = predict_files(open_model(model), files, out, threshold=threshold)
    write_json(out / "images.json", {"images": report.images, "categories": report.categories})
    write_json(out / "predictions.json", report.results)
    for fault in report.faults:
        print(f"skipped: {fault}", file=sys.stderr)
    rest = f", the first of {len(files)}" if report.interrupted else ""
    print(f"{len(report.results)} objects in {len(report.images)} images{rest}: {out}")
    raise typer.Exit(_INTERRUPTED if report.interrupted else 1 if report.faults else 0)


def serve(
    model: Annotated[
        str | None, typer.Argument(help="models:/NAME@ALIAS or a model folder; default: champion.")
    ] = None,
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 5000,
) -> None:
    """Serve a registered model over HTTP with MLflow until interrupted; says when it is ready and how to ask it."""
    from rehead.serving import server

    raise typer.Exit(server.serve(model or f"models:/{_registered_name()}@champion", host, port))


def verify(
    name: Annotated[str | None, typer.Argument(help="Registered model; default: register.name.")] = None,
    *,
    alias: Annotated[str, typer.Option("--alias", help="Which version.")] = "champion",
) -> None:
    """Say where a registered model comes from and check its files; exit code 1 if they are not as registered."""
    from rehead.registry.verify import trace  # MLflow: 4 to 6 s
    from rehead.tracking.store import tracking_uri

    told = trace(name or _registered_name(), uri=tracking_uri(), alias=alias)
    print("\n".join(told.lines()))
    raise typer.Exit(1 if told.faults else 0)


def _pictures(paths: list[Path]) -> tuple[list[Path], int]:
    """Take files as they are and folders for the pictures in them, and count the other files of these.

    Raises ValueError if there is no picture.
    """
    found: list[Path] = []
    others = 0
    for path in paths:
        inside = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
        pictures = [file for file in inside if file == path or file.suffix.lower() in _PICTURES]
        found += pictures
        others += len(inside) - len(pictures)
    if not found:
        raise ValueError(f"no picture ({', '.join(sorted(_PICTURES))}) in {', '.join(map(str, paths))}")
    return found, others


def _registered_name() -> str:
    """Read the model's name in the registry from params.yaml."""
    from rehead.params import read_params  # pydantic and ruamel.yaml: 0.7 s, see cli/app.py
    from rehead.registry.plan import RegisterPlan

    return read_params("register", RegisterPlan).name
