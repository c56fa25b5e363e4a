"""Checkpoints with objects of other programs: what is read, what is refused, nothing is changed."""

from __future__ import annotations

import pickle
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import pytest
import torch

from feathertrack.errors import WeightsError
from feathertrack.weights.inert import StandIn, read_inert
from feathertrack.weights.reading import read_file

FORMS = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])


class Meter:
    """An object of a training program, which ``weights_only`` refuses."""


def _saved(path: Path, content: Any, *, legacy: bool) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def _table() -> OrderedDict[str, torch.Tensor]:
    return OrderedDict(weight=torch.arange(6.0).view(2, 3), bias=torch.ones(2))


def _read(path: Path) -> dict[str, torch.Tensor]:
    return dict(read_file(path).state)


def _hostile(path: Path, named: str, deed: bytes) -> Path:
    """A legacy file whose content is a name, and what pickle is told to do with it."""
    _saved(path, 0, legacy=True)
    content = path.read_bytes()
    plain = b"\x80\x02K\x00."
    assert content.count(plain) == 1
    module, _, name = named.rpartition(".")
    asked = b"\x80\x02" + f"c{module}\n{name}\n".encode() + deed + b"."
    path.write_bytes(content.replace(plain, asked))
    return path


SLOTS = b"N}X\x0c\x00\x00\x00__defaults__K\x05\x85s\x86b"
ATTRIBUTES = b"}X\x0c\x00\x00\x00__defaults__K\x05\x85sb"


@pytest.mark.parametrize(
    "named",
    [
        *("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size"),
        *("collections.OrderedDict", "other.Program", "__builtin__.dict"),
    ],
)
@pytest.mark.parametrize(
    "deed",
    [SLOTS, ATTRIBUTES, b"K\x01K\x02s", b"(K\x01K\x02u", b"K\x01a", b"(K\x01e"],
    ids=["slots", "attributes", "item", "items", "append", "appends"],
)
def test_a_file_cannot_change_what_it_names(named: str, deed: bytes, tmp_path: Path) -> None:
    before = torch._utils._rebuild_tensor_v2.__defaults__
    path = _hostile(tmp_path / "evil.pth", named, deed)
    with pytest.raises((pickle.UnpicklingError, TypeError, AttributeError)):
        read_inert(path)
    with pytest.raises(WeightsError):
        read_file(path)
    assert torch._utils._rebuild_tensor_v2.__defaults__ == before
    good = _saved(tmp_path / "good.pth", {"net": _table(), "meter": Meter()}, legacy=True)
    assert torch.equal(_read(good)["weight"], _table()["weight"])
    assert StandIn().__dict__ == {}


class _Calls:
    """An object whose reading calls a function."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.called = function, arguments

    def __reduce__(self) -> Any:
        return self.called


PLAIN = [
    *(1 + 2j, frozenset({1}), {1, 2}, slice(1, 3), range(4), bytearray(b"ab"), b"ab", object()),
    *(int, float, bool, str, list, dict, tuple, defaultdict(dict, a={}), defaultdict(list, a=[1])),
]


@FORMS
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_values_beside_the_table_are_left_out(
    value: object, protocol: int, legacy: bool, tmp_path: Path
) -> None:
    content = {"net": _table(), "meter": Meter(), "value": value}
    torch.save(
        content,
        tmp_path / "a.pth",
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=not legacy,
    )
    assert torch.equal(_read(tmp_path / "a.pth")["weight"], _table()["weight"])


@FORMS
@pytest.mark.parametrize("function", [eval, open, print, Path.mkdir], ids=lambda f: f.__name__)
def test_functions_are_refused_in_both_spellings(
    function: Any, legacy: bool, tmp_path: Path
) -> None:
    content = {"net": _table(), "meter": _Calls(function, "1")}
    for protocol in (2, 4):
        torch.save(
            content,
            tmp_path / "a.pth",
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=not legacy,
        )
        with pytest.raises(WeightsError, match="asks for"):
            _read(tmp_path / "a.pth")


def _sparse() -> torch.Tensor:
    return torch.eye(3).to_sparse()


@FORMS
def test_sparse_tensors_are_left_out_beside_the_table_and_named_in_it(
    legacy: bool, tmp_path: Path
) -> None:
    beside = {"net": _table(), "meter": Meter(), "moments": _sparse()}
    assert set(_read(_saved(tmp_path / "a.pth", beside, legacy=legacy))) == {"weight", "bias"}
    inside = {"net": {**_table(), "third": _sparse()}, "meter": Meter()}
    with pytest.raises(WeightsError, match=r"tensor third is sparse, quantised or without"):
        _read(_saved(tmp_path / "b.pth", inside, legacy=legacy))


@FORMS
def test_parameters_lose_the_attributes_that_a_program_gave_them(
    legacy: bool, tmp_path: Path
) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.role = Meter()  # type: ignore[attr-defined]
    path = _saved(tmp_path / "a.pth", {"net": {"bias": parameter}}, legacy=legacy)
    assert torch.equal(_read(path)["bias"], torch.ones(2))


@FORMS
@pytest.mark.filterwarnings("ignore::torch.serialization.SourceChangeWarning")
def test_a_module_saved_whole_beside_the_table_is_left_out(legacy: bool, tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU())
    path = _saved(tmp_path / "a.pth", {"net": _table(), "whole": module}, legacy=legacy)
    content = read_inert(path)
    assert isinstance(content, dict)
    assert isinstance(content["whole"], StandIn)
    assert set(_read(path)) == {"weight", "bias"}
    with pytest.raises(WeightsError, match=r"asks for torch.*save its state dict alone"):
        _read(_saved(tmp_path / "b.pth", module, legacy=legacy))
    assert not list(Path.cwd().glob("*.patch"))


@FORMS
@pytest.mark.parametrize("cut", [1, 2], ids=["byte", "half"])
def test_a_file_cut_short_is_not_blamed_for_what_it_names(
    legacy: bool, cut: int, tmp_path: Path
) -> None:
    path = _saved(tmp_path / "cut.pth", {"net": _table(), "meter": Meter()}, legacy=legacy)
    content = path.read_bytes()
    path.write_bytes(content[:-1] if cut == 1 else content[: len(content) // 2])
    with pytest.raises(WeightsError) as refused:
        read_file(path)
    assert "Meter" not in str(refused.value)


@FORMS
@pytest.mark.parametrize("net", [{}, "abc", {1: torch.ones(2)}], ids=["empty", "text", "numbers"])
def test_a_file_without_a_table_says_so(legacy: bool, net: object, tmp_path: Path) -> None:
    path = _saved(tmp_path / "none.pth", {"net": net, "meter": Meter()}, legacy=legacy)
    with pytest.raises(WeightsError, match="holds no table of tensors"):
        read_file(path)
