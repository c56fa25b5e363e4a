from __future__ import annotations

import numpy as np
import pytest

from feathertrack.engines.protocol import Outputs
from feathertrack.errors import InputError
from feathertrack.tuning.replay.memo import Memo, digest


def outputs(value: float, *, cells: int = 100) -> Outputs:
    return (np.full(cells, value, np.float32),)


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    memo = Memo(2000)
    memo.put(b"a", outputs(1))
    memo.put(b"b", outputs(2))
    memo.get(b"a")
    memo.put(b"c", outputs(3))
    assert memo.get(b"b") is None
    assert memo.get(b"a") is not None
    assert (len(memo), memo.size <= memo.limit) == (2, True)


def test_outputs_larger_than_the_memo_are_not_kept() -> None:
    memo = Memo(1000)
    memo.put(b"a", outputs(1, cells=1000))
    assert (len(memo), memo.size) == (0, 0)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InputError, match="-1"):
        Memo(-1)


def test_keys_tell_types_shapes_and_borders_of_words_apart() -> None:
    zeros = np.zeros(8, np.uint8)
    keys = {
        digest(zeros),
        digest(zeros.reshape(2, 4)),
        digest(zeros.view(np.float32)),
        digest("ab", "c"),
        digest("a", "bc"),
        digest("abc"),
    }
    assert len(keys) == 6


def test_an_engine_keeps_its_token_and_others_have_others() -> None:
    memo, one, other = Memo(), object(), object()
    assert memo.token(one) == memo.token(one) != memo.token(other)
