"""Boxes to judge operators on."""

import pytest

from rehead.roi_align.cases import AgreementPlan, Cases, draw_cases


@pytest.fixture(scope="session")
def cases() -> Cases:
    return draw_cases(AgreementPlan(seed=1))


@pytest.fixture(scope="session")
def few(cases: Cases) -> Cases:
    """The named boxes that lie inside, at and over the border, and a few random ones."""
    near = [cases.names.index(name) for name in cases.names if "border" in name or name == "bins of whole pixels"]
    chosen = [*range(8), *near]
    rois = cases.rois_k5[chosen].copy()
    rois[:, 0] = range(len(chosen))
    return Cases(tuple(cases.names[i] for i in chosen), rois, cases.features_nchw[chosen], cases.scale)
