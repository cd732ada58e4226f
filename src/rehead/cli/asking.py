"""Questions on the terminal: each with the advice as its default, asked again until the answer is valid."""

from typing import Any

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rehead.cli.advice import Advice
from rehead.cli.editing import flow
from rehead.cli.plans import Plans


def accept(advice: Advice, plans: Plans) -> Any:
    """Take every advice."""
    return advice.value


def ask(advice: Advice, plans: Plans) -> Any:
    """Ask for a value in YAML; Enter takes the advice. Ctrl-C and Ctrl-D end the command."""
    typer.echo(f"\n{advice.name}: {advice.because}")
    while True:
        answer = typer.prompt("  value", default=flow(advice.value))
        try:
            value = YAML(typ="safe", pure=True).load(answer)
            return plans.with_value(advice.section, advice.key, value).value(advice.section, advice.key)
        except YAMLError:
            typer.echo(f"  {answer!a} is not YAML; write it as in params.yaml", err=True)
        except ValueError as error:
            typer.echo(f"  {error}", err=True)
