"""Every figure that the channels show is explained to those who watch them."""

from __future__ import annotations

import re

import pytest

from groundwork.settings import ROOT

NAMES = ("channels-web", "channels-wechat", "channels-telegram", "hotline")
GUIDES = "".join((ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in NAMES)
SHOWN = sorted(
    {
        name
        for module in (ROOT / "channels").rglob("metrics.py")
        for name in re.findall(r'"(yht_\w+)"', module.read_text("utf-8"))
    }
)


@pytest.mark.parametrize("name", SHOWN)
def test_a_figure_is_in_a_guide(name: str) -> None:
    assert f"`{name}" in GUIDES


def test_a_guide_names_no_figure_that_is_not_shown() -> None:
    assert set(re.findall(r"yht_\w+(?=[{`])", GUIDES)) <= set(SHOWN)
