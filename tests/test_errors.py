"""Errors travel: from a worker's process to the reader, complaints and all."""

from __future__ import annotations

import pickle

import pytest

from riskmap.errors import (
    ConfigError,
    DataError,
    EngineError,
    OutputError,
    RiskmapError,
    RulebookError,
    complain,
)


@pytest.mark.parametrize(
    "kind", [RiskmapError, ConfigError, DataError, RulebookError, OutputError, EngineError]
)
def test_an_error_comes_out_of_a_pickle_with_its_complaints(kind: type[RiskmapError]) -> None:
    error = kind([complain("error.bad_count", {"value": "x"}), complain("error.no_dask")])
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was written the line before
    assert type(back) is kind
    assert back.complaints == error.complaints
    assert back.read("zh") == error.read("zh")
    assert str(back) == str(error)


def test_an_error_without_a_complaint_is_a_defect() -> None:
    with pytest.raises(ValueError, match="at least one complaint"):
        DataError([])
