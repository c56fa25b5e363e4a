from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.naming import import_class, parse_tracker_name, toolkit_of


@pytest.mark.parametrize(
    ("text", "kind", "target", "preset"),
    [
        ("default", "model", "default", ""),
        ("fdsiamfc_30@uav123", "model", "fdsiamfc_30", "uav123"),
        ("best.pth", "file", "best.pth", ""),
        ("runs/best.safetensors@mine.json", "file", "runs/best.safetensors", "mine.json"),
        (r"C:\models\best.pth", "file", r"C:\models\best.pth", ""),
        ("my.module:Tracker", "class", "my.module:Tracker", ""),
    ],
)
def test_names_are_taken_apart(text: str, kind: str, target: str, preset: str) -> None:
    name = parse_tracker_name(text)
    assert (name.kind, name.target, name.preset) == (kind, target, preset)


def test_a_file_with_an_at_sign_is_a_file(in_tmp: Path) -> None:
    (in_tmp / "a@b.pth").touch()
    assert parse_tracker_name("a@b.pth").target == "a@b.pth"


def test_a_class_of_the_current_folder_is_found(in_tmp: Path) -> None:
    (in_tmp / "mine_for_naming.py").write_text(
        "class Good:\n    def init(self, i, b): ...\n    def update(self, i): ...\nclass Bad: ...\n"
    )
    assert import_class("mine_for_naming:Good").__name__ == "Good"
    with pytest.raises(InputError, match="no method init and has no method update"):
        import_class("mine_for_naming:Bad")
    with pytest.raises(InputError, match="has no class Other"):
        import_class("mine_for_naming:Other")


@pytest.mark.parametrize(
    ("methods", "remedy"),
    [
        (("init", "track"), r"FromPysot and calls super\(\).__init__\(Theirs\(model\)\)"),
        (("initialize", "track"), r"FromPytracking and calls super\(\)"),
        (("init", "update"), r"inherits from it and calls super\(\).__init__\(model\)"),
        (("track",), "FromGot10k, FromPysot, FromPytracking"),
    ],
)
def test_a_class_that_cannot_be_made_or_called_is_pointed_to_its_adapter(
    methods: tuple[str, ...], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("theirs_for_naming")
    calls = {name: lambda *_: None for name in methods}
    module.Theirs = type("Theirs", (), {"__init__": _needs_model, **calls})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(InputError, match=remedy):
        import_class("theirs_for_naming:Theirs")


def _needs_model(self: object, model: object, *args: object, size: int = 3, **more: object) -> None:
    """What pysot's trackers are made with."""


def _class(*methods: str, module: str = "mine", base: type = object) -> type:
    return type("T", (base,), {"__module__": module, **{m: lambda *_: None for m in methods}})


@pytest.mark.parametrize(
    ("kind", "toolkit"),
    [
        (_class("init", "update"), "feathertrack"),
        (_class("init", "update", "track"), "feathertrack"),
        (_class("init", "track"), "pysot"),
        (_class("initialize", "track"), "pytracking"),
        (_class("init", "update", base=_class(module="got10k.trackers")), "got10k"),
        (_class("init", "initialize", "track"), None),
        (_class("track"), None),
        (_class("init", "update", base=_class(module="got10knot.trackers")), "feathertrack"),
    ],
)
def test_the_toolkit_of_a_class_shows_in_its_methods(kind: type, toolkit: str | None) -> None:
    assert toolkit_of(kind) == toolkit


def test_a_missing_module_is_named() -> None:
    with pytest.raises(InputError, match="cannot import nowhere_to_be_found"):
        import_class("nowhere_to_be_found:Tracker")


def test_no_name_before_the_preset() -> None:
    with pytest.raises(InputError, match="no name before the @"):
        parse_tracker_name("@uav123")
