"""A flag goes before a person, a person before the data."""

from enum import StrEnum

import pytest

from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.deciding import decide
from rehead.cli.routing.reasons import Reasoned

NOTHING: dict[str, StrEnum | None] = {"objects": None, "stuff": None, "want": None}
REASONED = Reasoned(Answers(Objects.CLASS, Stuff.YES), {"objects": "in pieces", "stuff": "sky", "want": "unknown"}, ())


def test_the_data_answers_what_no_flag_does() -> None:
    decided = decide({**NOTHING, "want": Want.SPEED}, REASONED, None)
    assert decided.answers == Answers(Objects.CLASS, Stuff.YES, Want.SPEED)
    assert decided.origins == {"objects": "data", "stuff": "data", "want": "flag"}


def test_a_person_is_asked_with_the_datas_answer_proposed_and_not_about_flags() -> None:
    asked = []

    def ask(name: str, proposed: StrEnum) -> StrEnum:
        asked.append((name, str(proposed)))
        return proposed

    decide({**NOTHING, "objects": Objects.EACH}, REASONED, ask)
    assert asked == [("stuff", "yes"), ("want", "accuracy")]


def test_an_answer_against_the_data_is_told_with_the_datas_reason() -> None:
    decided = decide({**NOTHING, "objects": Objects.EACH, "want": Want.BORDERS}, REASONED, None)
    assert decided.conflicts == ("you said objects each, the data says class: in pieces",)


def test_with_neither_data_nor_anybody_to_ask_the_missing_flags_are_named() -> None:
    with pytest.raises(ValueError, match="give --stuff, --want, or the path"):
        decide({**NOTHING, "objects": Objects.EACH}, None, None)
