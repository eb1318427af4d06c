from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.forms.lines import like_stored, same_text

texts = st.text(st.sampled_from("ab\r\n\0\ufffd"))


@pytest.mark.parametrize(
    ("typed", "stored", "kept"),
    [
        ("a\r\nb", "", "a\nb"),
        ("a\r\nb", "x\ny", "a\nb"),
        ("a\r\nb", "x\r\ny", "a\r\nb"),
        ("a\rb\n", "", "a\nb\n"),
    ],
)
def test_line_ends_are_those_of_the_stored_text(typed, stored, kept):
    assert like_stored(typed, stored) == kept


@settings(deadline=None)
@given(texts)
def test_a_text_that_a_browser_sends_back_is_the_same(stored):
    shown = stored.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    assert same_text(shown.replace("\n", "\r\n"), stored)


@settings(deadline=None)
@given(texts, texts)
def test_another_text_is_not_the_same(one, other):
    def seen(text):
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")

    assert same_text(one, other) == (seen(one) == seen(other))
