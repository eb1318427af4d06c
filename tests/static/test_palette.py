"""The colours of charts: seen on their ground, and told apart by people who see few colours."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import pytest

Colour = tuple[float, float, float]

# How colours look without red or green cones (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
}
APART = 9.0
"""Least distance in CIELAB between any two colours; about 2 is just noticeable side by side."""


def values(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return a style sheet's custom properties by day and by night."""
    text = (files("dashboard") / "static" / "css" / sheet).read_text()
    day, _, night = text.partition("@media (prefers-color-scheme: dark)")
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (day, night)]
    return found[0], found[0] | found[1]


def linear(text: str) -> Colour:
    """Return a colour in linear light."""
    parts = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def luminance(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def contrast(one: str, other: str) -> float:
    lights = sorted(luminance(linear(each)) + 0.05 for each in (one, other))
    return lights[1] / lights[0]


def seen(colour: Colour, sight: str) -> Colour:
    rows = [sum(a * b for a, b in zip(row, colour, strict=True)) for row in SIGHTS[sight]]
    red, green, blue = (min(1.0, max(0.0, each)) for each in rows)
    return red, green, blue


def lab(colour: Colour) -> Colour:
    """Return CIELAB of a colour in linear sRGB, by D65."""
    red, green, blue = colour
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        luminance(colour),
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (
        each ** (1 / 3) if each > 216 / 24389 else (24389 / 27 * each + 16) / 116 for each in xyz
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, sight: str) -> float:
    ends = [lab(seen(linear(each), sight)) for each in (one, other)]
    return sum((a - b) ** 2 for a, b in zip(*ends, strict=True)) ** 0.5


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_every_colour_is_seen_on_a_panel(night: bool) -> None:
    palette, tokens = values("chart.css")[night], values("tokens.css")[night]
    assert len(palette) == 8
    for name, colour in palette.items():
        assert contrast(colour, tokens["surface"]) >= 3, name


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_colours_are_told_apart(night: bool, sight: str) -> None:
    palette = values("chart.css")[night]
    near = {
        (one, other): round(distance(palette[one], palette[other], sight), 1)
        for one, other in itertools.combinations(palette, 2)
        if distance(palette[one], palette[other], sight) < APART
    }
    assert near == {}
