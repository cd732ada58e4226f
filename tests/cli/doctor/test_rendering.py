"""Findings as lines for people."""

from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.cli.doctor.rendering import lines_of, summary_of

WRONG = Finding("heads", "fail", "box scores: 4 outputs", "build them anew", ("below",))


def test_a_finding_has_its_mark_its_measure_and_its_cure() -> None:
    assert list(lines_of(WRONG)) == [
        "✗  heads       box scores: 4 outputs",
        "               below",
        "               cure: build them anew",
    ]


def test_marks_are_plain_where_the_terminal_has_no_letters_for_them() -> None:
    assert next(lines_of(WRONG, encoding="ascii")).startswith("XX heads")


def test_long_lines_are_wrapped_to_the_terminal() -> None:
    long = Finding("heads", "ok", "word " * 40)
    assert max(map(len, lines_of(long, width=60))) <= 60


def test_the_worst_remark_gives_the_state_and_comes_first() -> None:
    finding = finding_of("input", "seen", [Remark("warn", "small", "a"), Remark("fail", "empty", "b")])
    assert (finding.state, finding.told, finding.cure) == ("fail", "empty; small; seen", "b; a")


def test_the_last_line_counts() -> None:
    findings = [WRONG, Finding("cost", "skipped", ""), Finding("data", "ok", "")]
    assert summary_of(findings, seconds=41.6) == "1 failed, 1 not finished, 1 well, in 42 s"
