"""Our own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from feathertrack.errors import InputError, WeightsError
from feathertrack.models import create_model
from feathertrack.models.siamfc import SIAMFC_STAGES, Backbone, SiamFC
from feathertrack.weights import load_model, save_model
from tests.filling import fill


def _saved(folder: Path, **words: str) -> Path:
    model = create_model("fdsiamfc", rates=[0.1, 0.1, 0.2, 0.1, 0.1], gain=0.002)
    fill(model)
    return save_model(model, folder / "model.safetensors", metadata=words)


def _rewritten(path: Path, **words: str) -> Path:
    """The same file with other metadata, as a stranger might write it."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] |= words
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    return path


def test_file_says_what_it_holds(tmp_path: Path) -> None:
    with safe_open(_saved(tmp_path, git_revision="abc"), framework="pt") as file:
        words = file.metadata()
    assert words["format"] == "feathertrack"
    assert words["format_version"] == "1"
    assert words["model"] == "fdsiamfc"
    assert words["git_revision"] == "abc"
    assert json.loads(words["config"]) == {"rates": [0.1, 0.1, 0.2, 0.1, 0.1], "gain": 0.002}


def test_options_that_shapes_do_not_tell_come_back(tmp_path: Path) -> None:
    loaded = load_model(_saved(tmp_path))
    assert isinstance(loaded, SiamFC)
    assert loaded.gain == 0.002


def test_metadata_of_the_caller_cannot_replace_ours(tmp_path: Path) -> None:
    assert load_model(_saved(tmp_path, model="siamd", format="other")).name == "fdsiamfc"


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    words = {f"word_{number}": str(number) for number in range(12)}
    files = [_saved(tmp_path / str(number), **words).read_bytes() for number in range(4)]
    assert len(set(files)) == 1


def test_saving_replaces_a_file_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("old")
    path = _saved(tmp_path)
    assert load_model(path).name == "fdsiamfc"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.safetensors"]


def test_failed_saving_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _saved(tmp_path)
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match=r"cannot write .*No space left"):
        _saved(tmp_path, other="words")
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_other_suffixes_and_nameless_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.pth: networks are saved as \.safetensors"):
        save_model(create_model("fdsiamfc_15"), tmp_path / "m.pth")
    with pytest.raises(InputError, match="made by create_model"):
        save_model(SiamFC(Backbone(SIAMFC_STAGES)), tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"format_version": "2"}, r"format version is '2'.*update it"),
        ({"format_version": "x"}, r"format version is 'x'"),
        ({"model": "siamrpn_r999"}, r"no model is called 'siamrpn_r999'"),
        ({"model": "fdsiamd"}, r"5 squeeze rates|as many squeeze rates, got 5"),
        ({"config": "{"}, r"metadata is no JSON"),
        ({"config": "[1]"}, r"no JSON object"),
        ({"config": '{"gain": NaN}'}, r"metadata is no JSON"),
        ({"config": "[" * 100_000}, r"metadata is no JSON"),
        ({"config": '{"gain": "much"}'}, r"fdsiamfc cannot be built with options .*much"),
        ({"config": '{"rates": ["a"]}'}, r"cannot be loaded"),
        ({"config": '{"rates": {"a": 1}}'}, r"cannot be loaded"),
        ({"config": '{"turbo": 1}'}, r"no option 'turbo'"),
        ({"calibration": '{"midpoint": "x"}'}, r"calibration midpoint is no number"),
        ({"calibration": '{"midpoint": ' + "9" * 400 + "}"}, r"no number"),
    ],
)
def test_wrong_words_in_a_file_are_one_sentence(
    words: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=message) as caught:
        load_model(_rewritten(_saved(tmp_path), **words))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
