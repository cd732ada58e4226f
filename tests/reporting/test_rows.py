"""Reports into rows."""

from typing import Any

from rehead.reporting.rows import (
    class_rows,
    fault_rows,
    flat_rows,
    metric_rows,
    seen_in_words,
    split_rows,
    weakest_first,
)


def test_all_twelve_numbers_are_listed(evaluation: dict[str, Any]) -> None:
    assert len(metric_rows(evaluation)) == 12


def test_only_an_undefined_number_has_a_reason(evaluation: dict[str, Any]) -> None:
    reasons = {row.name for row in metric_rows(evaluation) if row.because}
    assert reasons == {"APl", "ARl"}


def test_a_reason_given_by_the_evaluation_goes_first(evaluation: dict[str, Any]) -> None:
    rows = metric_rows(evaluation | {"undefined": {"APl": "too small"}})
    assert next(row.because for row in rows if row.name == "APl") == "too small"


def test_a_class_without_a_value_comes_last(evaluation: dict[str, Any]) -> None:
    assert weakest_first(class_rows(evaluation))[-1].name == "<b>bold</b>"


def test_faults_are_counted_beyond_those_that_are_listed() -> None:
    ingest = {"faults": [{"code": "box", "action": "repair", "message": "m"}], "fault_counts": {"box": 124}}
    assert fault_rows(ingest)[0].count == 124


def test_a_fault_is_told_with_its_place_and_its_cure() -> None:
    fault = {"code": "c", "action": "reject", "file": "f.json", "where": "a[0]", "message": "bad", "fix": "mend"}
    assert fault_rows({"faults": [fault]})[0].examples == ("f.json a[0]: bad (mend)",)


def test_a_split_given_as_a_number_is_its_images() -> None:
    assert split_rows({"splits": {"train": 4}}) == [("train", "4", "–", "–")]


def test_nested_facts_get_dotted_names() -> None:
    assert flat_rows({"space": {"lr": [0.1, 0.2]}, "on": True}) == [("space.lr", "0.1, 0.2"), ("on", "yes")]


def test_what_the_chosen_input_size_shows_is_told_in_words() -> None:
    row = {"input_size": 320, "at_least": {"8": 1.0, "16": 0.9, "32": 0.4}}
    ingest = {"statistics": {"all": {"input_sizes": [row]}}}
    words = seen_in_words(ingest, {"model": {"input_size": 320}})
    assert words == "At an input size of 320, 90\u202f% of the objects are seen at 16 px or more."


def test_an_input_size_that_was_not_measured_is_not_told_of() -> None:
    assert seen_in_words({}, {"model": {"input_size": 320}}) == ""


def test_the_severest_faults_come_first() -> None:
    faults = [{"code": "a", "action": "warn"}, {"code": "b", "action": "reject"}, {"code": "c", "action": "repair"}]
    assert [row.code for row in fault_rows({"faults": faults})] == ["b", "c", "a"]
