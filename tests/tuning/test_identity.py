"""Other data of the same names are refused, by the study and by the folder of its results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from feathertrack.benchmarks import Benchmark, Sequence
from feathertrack.errors import InputError
from feathertrack.tuning.identity import claim_data, digest_of, identity_of
from feathertrack.tuning.session import Session
from feathertrack.tuning.splitting import Parts
from feathertrack.tuning.winning import claim_parts
from tests.tuning.searching import part, request, search
from tests.tuning.test_study import study

AXES = [("shift", "0")]


class Moved(Benchmark):
    """The same names and lengths, and other boxes."""

    def __getitem__(self, which: str | int) -> Sequence:
        found = super().__getitem__(which)
        return replace(found, truth=found.truth + 1.0)


def moved(*names: str) -> Benchmark:
    one = part(*names)
    return Moved(**{key: getattr(one, key) for key in one.__dataclass_fields__})


def test_the_same_names_with_other_boxes_are_other_data() -> None:
    assert identity_of(part("drift")).keys() == identity_of(moved("drift")).keys()
    assert digest_of(identity_of(part("drift"))) != digest_of(identity_of(moved("drift")))
    assert identity_of(part("drift")) == identity_of(part("drift"))


def test_a_study_is_not_continued_with_other_data(tmp_path: Path) -> None:
    search(tmp_path, axes=AXES)
    with pytest.raises(InputError, match=r"s\.journal is of other data: .*give the --data from"):
        Session(request(tmp_path, axes=AXES, benchmark=moved("drift")))
    other = replace(request(tmp_path, axes=AXES, benchmark=moved("drift")), folder=tmp_path / "b")
    with pytest.raises(InputError, match="is of other data"):
        Session(other)


def test_a_study_from_before_there_were_identities_goes_on(tmp_path: Path) -> None:
    study(tmp_path)
    study(tmp_path, data="a")
    study(tmp_path / "new", data="a")
    with pytest.raises(InputError, match="is of other data"):
        study(tmp_path / "new", data="b")


def test_held_out_results_of_other_data_are_refused(tmp_path: Path) -> None:
    tuned, one = part("drift"), part("growth")
    parts = Parts(tuned=tuned, scored=one, how="")
    claim_parts(tmp_path, parts, identity_of(tuned))
    claim_parts(tmp_path, replace(parts, scored=moved("dusk")), identity_of(tuned))
    claim_parts(tmp_path, parts, identity_of(tuned))
    with pytest.raises(InputError, match=r"another growth of synthetic.*remove .*held-out to sc"):
        claim_parts(tmp_path, replace(parts, scored=moved("growth")), identity_of(tuned))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    for text in ("{", json.dumps([1]), json.dumps({"synthetic": 1})):
        (tmp_path / "data.json").write_text(text)
        with pytest.raises(InputError, match=r"data\.json is damaged"):
            claim_data(tmp_path, "synthetic", {"a": "1"}, remedy="")
