"""Bad and hostile files: one sentence each, and nothing in them is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from feathertrack.errors import WeightsError
from feathertrack.models import create_model
from feathertrack.weights import file_digest, load_model, save_model
from tests.filling import fill


def _refused(path: Path, words: str) -> str:
    """The text of the error, after checking that it is one short line that names the file."""
    with pytest.raises(WeightsError, match=words) as caught:
        load_model(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    assert len(text) - len(str(path)) < 400
    return text


def _state() -> dict[str, torch.Tensor]:
    model = create_model("fdsiamfc_15")
    fill(model)
    return dict(model.state_dict())


def _saved(path: Path, content: Any, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


class _Payload:
    """Pickled code: reading it with plain pickle would make the file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("kind", ["zip", "legacy", "plain pickle", "beside tensors"])
def test_pickled_code_is_not_run(kind: str, tmp_path: Path) -> None:
    target, path = tmp_path / "was run", tmp_path / "evil.pth"
    content: Any = {"state_dict": _state(), "extra": _Payload(target)}
    if kind == "plain pickle":
        path.write_bytes(pickle.dumps(content["extra"], protocol=2))
    else:
        _saved(
            path, content if kind == "beside tensors" else content["extra"], legacy=kind == "legacy"
        )
    _refused(path, "mkdir|more than plain tensors|damaged")
    assert not target.exists()
    pickle.loads(pickle.dumps(_Payload(target)))  # the payload does work
    assert target.exists()


def test_pickled_code_is_named(tmp_path: Path) -> None:
    path = _saved(tmp_path / "evil.pth", _Payload(tmp_path / "x"))
    _refused(path, r"not loaded, since it asks for (posix|nt)\.mkdir .*only files of plain tensors")


def test_no_such_file(tmp_path: Path) -> None:
    _refused(tmp_path / "nothing.pth", "there is no file")
    with pytest.raises(WeightsError, match="cannot read"):
        file_digest(tmp_path / "nothing.pth")


def test_folder(tmp_path: Path) -> None:
    _refused(tmp_path, "is a folder")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.pth", b"", "is empty"),
        ("text.pth", b"hello, world\n" * 50, "neither a PyTorch checkpoint nor a safetensors"),
        ("page.pth", b"<!DOCTYPE html><html>", "web page"),
        ("pointer.pth", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("packed.pth", b"\x1f\x8b\x08rest", "gzip"),
        ("model.onnx", b"\x08\x08\x12\x07pytorch", "exported ONNX network.*create_tracker"),
        ("renamed.pth", b"\x08\x08\x12\x07pytorch", "exported ONNX network"),
        ("one.pth", b"\x80", "neither a PyTorch"),
        ("two.pth", b"\x80\x02", "damaged"),
        ("pk.pth", b"PK\x03\x04", "damaged"),
        ("short.safetensors", b"abc", "no whole safetensors"),
        ("empty.safetensors", b"", "no whole safetensors|is empty"),
    ],
)
def test_other_kinds_of_file(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    _refused(tmp_path / name, words)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("share", [0.0001, 0.001, 0.01, 0.3, 0.9, 0.9999])
def test_truncated_checkpoint(legacy: bool, share: float, tmp_path: Path) -> None:
    path = _saved(tmp_path / "whole.pth", _state(), legacy=legacy)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    _refused(path, "damaged|not written whole|neither")


@pytest.mark.parametrize("legacy", [False, True])
def test_flipped_bytes_are_an_error_or_another_value(legacy: bool, tmp_path: Path) -> None:
    path = _saved(tmp_path / "whole.pth", _state(), legacy=legacy)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    # Half of the flips go where the structure is: the beginning, and the end of a zip archive.
    edge = [*range(3000), *range(len(content) - 3000, len(content))]
    places = [*rng.choice(edge, 60), *rng.integers(0, len(content), 20)]
    for place in map(int, places):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        try:
            load_model(path)
        except WeightsError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("end", [4, 20, 2000, -1])
def test_truncated_safetensors(end: int, tmp_path: Path) -> None:
    path = save_model(create_model("fdsiamfc_15"), tmp_path / "m.safetensors")
    path.write_bytes(path.read_bytes()[:end])
    _refused(path, "no whole safetensors|damaged")


@pytest.mark.parametrize(
    "header",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 10**10) + b"{" + b" " * 100,
        struct.pack("<Q", 2) + b"{]",
        struct.pack("<Q", 50) + b'{"a":{"dtype":"F32","shape":[1000000000000,1000],' + b" " * 9,
        struct.pack("<Q", 58)
        + b'{"a":{"dtype":"F32","shape":[10],"data_offsets":[0,400000]}}'[:58],
    ],
)
def test_lying_safetensors_header(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lie.safetensors"
    path.write_bytes(header)
    _refused(path, "no whole safetensors|damaged")


def test_safetensors_that_declare_more_than_they_hold(tmp_path: Path) -> None:
    text = json.dumps({"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}})
    path = tmp_path / "lie.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text.encode() + bytes(40))
    _refused(path, "damaged")


def _with_declared_size(path: Path, count: int) -> Path:
    """A checkpoint of one tensor of ten values whose storage says that it has ``count``."""
    content = path.read_bytes()
    longer = b"\x8a\x07" + count.to_bytes(7, "little")
    if content[:2] != b"PK":
        at = content.index(b"cpu")
        path.write_bytes(content[:at] + content[at:].replace(b"K\n", longer, 1))
        return path
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(path, "w") as changed:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith("data.pkl"):
                at = data.index(b"cpu")
                data = data[:at] + data[at:].replace(b"K\n", longer, 1)
            changed.writestr(name, data)
    return path


def _peak_kilobytes() -> int:
    """Peak memory of this process where it is known in these units, on Linux."""
    if sys.platform != "linux":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("count", [10**9, 10**14])
def test_absurd_sizes_use_no_memory(legacy: bool, count: int, tmp_path: Path) -> None:
    path = _saved(tmp_path / "huge.pth", {"a": torch.arange(10.0)}, legacy=legacy)
    before = _peak_kilobytes()
    _refused(_with_declared_size(path, count), "damaged|hostile")
    assert _peak_kilobytes() - before < 500_000


def test_views_larger_than_the_file_are_refused(tmp_path: Path) -> None:
    state = _state() | {"backbone.conv1.0.weight": torch.zeros(1).expand(10**6, 10**5, 1, 1)}
    _refused(
        _saved(tmp_path / "view.pth", state), r"shape \(1000000, 100000, 1, 1\) is larger than"
    )


def test_compressed_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\x80\x02}." + bytes(10**7))
    _refused(path, "unpacks to 100000.. bytes")


def test_zip_archives_of_other_kinds(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    _refused(tmp_path / "a.npz", "zip archive, but not a PyTorch checkpoint")


def test_a_table_wrapped_in_itself(tmp_path: Path) -> None:
    endless: dict[str, Any] = {}
    endless["model"] = endless
    _refused(_saved(tmp_path / "endless.pth", endless), "holds no table of tensors")


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {}, torch.zeros(3), {3: torch.zeros(1)}])
def test_checkpoint_without_a_table(content: Any, tmp_path: Path) -> None:
    _refused(_saved(tmp_path / "odd.pth", content), "holds no table of tensors")
    resumable = {"format": "feathertrack training", "states": {}}
    _refused(_saved(tmp_path / "step.ckpt", resumable), r"weights/last.safetensors")


def test_numpy_values_beside_the_tensors_are_left_out(tmp_path: Path) -> None:
    path = _saved(tmp_path / "n.pth", {"state_dict": _state(), "best": np.float64(0.5)})
    assert load_model(path).name == "fdsiamfc_15"


def test_weights_of_another_family(tmp_path: Path) -> None:
    state = {"features.0.weight": torch.zeros(8, 3, 3, 3), "features.0.bias": torch.zeros(8)}
    path = _saved(tmp_path / "other.pth", state)
    _refused(path, r"no known family \(tried: siamfc.*its tensors are features\.0\.weight, feat")


def test_control_codes_in_names_are_not_printed(tmp_path: Path) -> None:
    state = {"a\n\x1b[2Jb" * 100: torch.zeros(1), "c": torch.zeros(1)}
    text = _refused(_saved(tmp_path / "o.pth", state), "no known family")
    assert text.isprintable()


def _changed(path: Path, key: str, value: torch.Tensor | None) -> Path:
    state = _state()
    if value is None:
        del state[key]
    else:
        state[key] = value
    return _saved(path, state)


NAN = torch.full((38,), float("nan"))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("backbone.conv2.1.bias", None, r"as fdsiamfc_15 it lacks backbone\.conv2\.1\.bias"),
        ("backbone.conv3.0.weight", None, r"backbone\.conv3\.0\.weight is missing"),
        ("backbone.conv1.0.weight", None, r"backbone\.conv1\.0\.weight is missing"),
        ("head.extra", torch.zeros(2), r"has besides head\.extra"),
        ("backbone.conv2.1.bias", torch.zeros(37), r"conv2\.1\.bias is \(37,\) instead of \(38,\)"),
        ("backbone.conv5.0.weight", torch.zeros(38, 56, 3, 3), r"\(38, 56, 3, 3\) instead"),
        ("backbone.conv1.0.weight", torch.zeros(15, 3, 11, 11), r"convolution 1 has 15 channels"),
        ("backbone.conv1.0.weight", torch.zeros(98, 3, 11, 11), r"98 channels.*at most 96"),
        ("backbone.conv1.0.weight", torch.zeros(14, 3, 7, 7), r"kernels of side 7"),
        ("backbone.conv1.0.weight", torch.zeros(14), r"has shape \(14,\)"),
        ("backbone.conv2.0.bias", NAN, r"backbone\.conv2\.0\.bias .*not finite"),
        ("backbone.conv2.0.bias", NAN.nan_to_num(torch.inf), r"not finite"),
        ("backbone.conv2.0.bias", torch.zeros(38, dtype=torch.int64), r"type torch\.int64"),
        ("backbone.conv2.0.bias", torch.zeros(38, dtype=torch.complex64), r"torch\.complex64"),
        ("backbone.conv2.0.bias", torch.zeros(38).to_sparse(), r"sparse"),
        ("backbone.conv2.0.bias", torch.zeros(38, device="meta"), r"without values"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    key: str, value: torch.Tensor | None, words: str, tmp_path: Path
) -> None:
    _refused(_changed(tmp_path / "bad.pth", key, value), words)


def test_only_the_first_of_many_differences_are_listed(tmp_path: Path) -> None:
    state = {key: value for key, value in _state().items() if ".1." not in key}
    _refused(_saved(tmp_path / "bare.pth", state), r"lacks .*running_var, backb\S* and 11 more")


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _saved(tmp_path / "m.pth", _state())

    def fail(self: Path, *args: Any, **options: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", fail)
    _refused(path, "cannot read .*Permission denied")
