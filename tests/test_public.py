from __future__ import annotations

import pytest

import riskmap


def test_public_names_are_sorted_and_all_load() -> None:
    assert list(riskmap.__all__) == sorted(riskmap.__all__)
    for name in riskmap.__all__:
        assert getattr(riskmap, name) is not None
    assert dir(riskmap) == riskmap.__all__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = riskmap.nonsense
