"""The verb that writes head swaps for any detector of torchvision: heads."""

import signal
import subprocess
import sys
from typing import Annotated

import typer

_KEYPOINTS = "Points of one object, for Keypoint R-CNN; without it the pretrained points stay."
_CLASSES = "Your classes, background not counted."
_WEIGHTS = "DEFAULT (torchvision's best, downloaded), none, or a .pth or .safetensors file of such a model."


def heads(
    *,
    arch: Annotated[str | None, typer.Option("--arch", help="torchvision's name; without it all are listed.")] = None,
    classes: Annotated[int | None, typer.Option("--classes", help=_CLASSES)] = None,
    weights: Annotated[str, typer.Option("--weights", metavar="DEFAULT|none|FILE", help=_WEIGHTS)] = "DEFAULT",
    keypoints: Annotated[int | None, typer.Option("--keypoints", min=1, help=_KEYPOINTS)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Run the program: build, swap, train a step, predict.")
    ] = False,
) -> None:
    """Print the shortest correct head swap for any detector of torchvision, ready to paste.

    Standard output holds the program alone, so `rehead heads --arch NAME --classes N > swap.py` works. With --check it
    is printed and run on two small images; exit code 1: it does not work here. Mask R-CNN needs no program: `rehead`
    swaps its heads itself, in the pipeline's stage swap_heads.
    """
    from rehead.cli.head_programs import head_program  # 0.02 s; no torch, which --check alone needs
    from rehead.cli.head_swaps import DETECTORS

    if arch is None:
        print("\n".join(listed()))
        _remark("the program of one of them: rehead heads --arch NAME --classes N")
        return
    if classes is None:
        raise ValueError(f"--classes is missing: how many classes have you, background not counted? (--arch {arch})")
    text = head_program(arch, classes=classes, weights=weights, keypoints=keypoints)
    print(text, end="", flush=True)
    for remark in (DETECTORS[arch].remark, _about(weights)):
        _remark(remark)
    if check:
        _remark("checking: the program runs in a process of its own, 10 to 40 s")
        _remark(f"check passed: {tried(text, classes=classes, keypoints=keypoints)}")


def listed() -> list[str]:
    """List every detector with its family and the layers that know the number of classes."""
    from rehead.cli.head_swaps import DETECTORS

    width = max(map(len, DETECTORS))
    return [f"{name:{width}}  {family.title:14}  {family.layers}" for name, family in DETECTORS.items()]


def tried(text: str, *, classes: int, keypoints: int | None = None) -> str:
    """Run a program in a process of its own and say in one line what came out; raises ValueError if it is wrong."""
    numbers = [str(number) for number in (classes, keypoints) if number is not None]
    command = [sys.executable, "-m", "rehead.cli.head_trial", *numbers]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True)
    told = done.stdout.strip().splitlines()[-1:] or ["it says nothing"]
    if done.returncode < 0:
        raise ValueError(f"check failed: the process ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise ValueError(f"check failed: {told[0]}{_hint(told[0])}")
    return told[0]


def _about(weights: str) -> str:
    """Say what the choice of weights means."""
    if weights == "DEFAULT":
        return "torchvision downloads the weights when the program runs, into its own cache"
    if weights == "none":
        return "all weights are random: the builder's argument num_classes would do without a swap"
    return ""


def _hint(told: str) -> str:
    """Say what to do about the faults that people meet."""
    if "URLError" in told:
        return "; without a network try --weights none, or put the file into $TORCH_HOME/hub/checkpoints"
    if "load_state_dict" in told or "KeyError" in told:
        return "; the file holds the state dict of another model"
    return ""


def _remark(text: str) -> None:
    if text:
        print(f"note: {text}", file=sys.stderr)
