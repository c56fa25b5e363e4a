"""What ``feathertrack convert`` exports: files of ONNX's or OpenVINO's, in float32 or int8."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.cli._terminal import progress, remark
from feathertrack.engines.pair import SUFFIXES, find_pair, name_pair
from feathertrack.errors import InputError, require
from feathertrack.lock import work_folder
from feathertrack.video.outfiles import make_folder, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feathertrack.models.network import Network
    from feathertrack.trackers.recording import ShownFrame

_JUDGED = 60
"""Frames in which boxes of int8 are held against those of float32."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Sequences whose frames set the ranges of a quantised network.

    Attributes:
        root: folder of sequences with boxes, as the benchmark ``folder`` finds them.
        split: which of them, as ``folds.json:fit``; "" for all.
        frames: how many frames, at most.
    """

    root: Path
    split: str
    frames: int


def write_exported(
    source: Path, output: Path, *, model: str | None, calibration: Calibration | None
) -> list[Path]:
    """Export a network and return the files that were written, those of ``embed`` first.

    Everything is made and tried out in a folder beside the output, then put in place.

    Args:
        source: weights of any known kind, or an ONNX pair of ours.
        output: ``<stem>.onnx`` or ``<stem>.xml``.
        model: the network that the source must hold.
        calibration: what int8 is set by; None for float32.

    Raises:
        InputError: the source or the sequences cannot be used, or the output cannot be written.
        MissingExtra: something that it needs is not installed.
    """
    _refuse_pairs(source, output, quantised=calibration is not None)
    if calibration is not None:
        from feathertrack.export.quantisation import require_quantiser

        require_quantiser()
    if output.suffix.lower() == ".xml":
        require("openvino", extra="openvino")
    with _work_folder(output) as folder:
        network, pair = _onnx_pair(source, folder / "onnx" / output.name, model=model)
        frames: list[ShownFrame] = []
        if calibration is not None:
            frames = _record(pair, calibration)
            pair = _quantise(pair, folder / "int8" / output.name, frames)
        if output.suffix.lower() == ".xml":
            pair = _openvino(pair, folder / "openvino" / output.name)
        if frames:
            remark(_told_overlap(pair, frames))
        else:
            remark(_told_difference(network or source, pair))
        return _put(pair.parent, output)


def _refuse_pairs(source: Path, output: Path, *, quantised: bool) -> None:
    """Refuse exported files of which what is asked for cannot be made."""
    if source.suffix.lower() not in SUFFIXES:
        return
    if source.suffix.lower() == ".xml":
        raise InputError(
            f"{source} is in OpenVINO's format, of which nothing else can be made: give the "
            "weights, or the ONNX pair"
        )
    if output.suffix.lower() == ".onnx" and not quantised:
        raise InputError(
            f"{source} is an ONNX pair already: name an output that ends in .xml, or say "
            "--precision int8 --calibrate ROOT"
        )
    if name_pair(output) == name_pair(source):
        raise InputError(f"{output} would overwrite the source: name another output")


@contextmanager
def _work_folder(output: Path) -> Iterator[Path]:
    """A folder on the disk of the output, gone at the end."""
    with ExitStack() as held:
        with writing(output):
            make_folder(output.parent)
            folder = held.enter_context(work_folder(output.parent, prefix=".feathertrack-"))
        yield folder


def _onnx_pair(source: Path, path: Path, *, model: str | None) -> tuple[Network | None, Path]:
    """The network, where torch loaded one, and its pair in float32."""
    if source.suffix.lower() in SUFFIXES:
        from feathertrack.engines.onnx_runtime import read_onnx_label

        files = find_pair(source)
        held = read_onnx_label(files).info.name
        if model not in (None, held):
            raise InputError(f"{source} holds the weights of {held}, not of {model}")
        return None, files.predict
    require("torch", extra="torch")
    from feathertrack.export.onnx import export_onnx
    from feathertrack.weights.loading import load_model

    network = load_model(source, name=model, form="merged")
    return network, export_onnx(network, path.with_suffix(".onnx")).predict


def _record(pair: Path, calibration: Calibration) -> list[ShownFrame]:
    """Frames on the way of the float32 tracker through the sequences."""
    from feathertrack.benchmarks import open_benchmark
    from feathertrack.data.namelists import read_names
    from feathertrack.engines.onnx_runtime import read_onnx_label
    from feathertrack.export.quantisation import check_quantisable
    from feathertrack.export.verification import exported_engine
    from feathertrack.trackers.creation import tracker_for
    from feathertrack.trackers.recording import record_frames

    check_quantisable(read_onnx_label(find_pair(pair)), pair)
    root, split, count = calibration.root, calibration.split, calibration.frames
    benchmark = open_benchmark("folder", root)
    names = [benchmark.resolve(name) for name in read_names(root, split)] if split else None
    shown = record_frames(
        tracker_for(exported_engine(pair)), benchmark, names or benchmark.names, count=count
    )
    frames = list(progress(shown, total=count, name="calibrating"))
    if not frames:
        raise InputError(f"{root} holds no sequence of two frames or more to calibrate on")
    return frames


def _quantise(pair: Path, path: Path, frames: Sequence[ShownFrame]) -> Path:
    from feathertrack.export.quantisation import quantise_onnx

    remark(f"quantising by {len(frames)} frames")
    shown = (frame.inputs for frame in frames)
    return quantise_onnx(pair, path.with_suffix(".onnx"), shown).predict


def _openvino(pair: Path, path: Path) -> Path:
    from feathertrack.export.openvino import export_openvino

    return export_openvino(pair, path).predict


def _told_difference(expected: Network | Path, pair: Path) -> str:
    """How well a pair computes what the network does, or the pair that it was made from."""
    from feathertrack.export.verification import verify_export

    difference = verify_export(expected, pair)
    return f"outputs differ from the source's by at most {difference:.1e} of the largest"


def _told_overlap(pair: Path, frames: Sequence[ShownFrame]) -> str:
    """How far boxes of a quantised pair lie from those of float32."""
    from feathertrack.export.verification import exported_engine
    from feathertrack.trackers.recording import replayed_overlaps

    judged = frames[:: max(1, len(frames) // _JUDGED)]
    overlaps = replayed_overlaps(judged, exported_engine(pair))
    return (
        f"boxes overlap those of float32 by {overlaps.mean():.3f} on average and "
        f"{overlaps.min():.3f} at least, in {len(judged)} frames"
    )


def _put(folder: Path, output: Path) -> list[Path]:
    """Move what is in a folder to where the output goes."""
    files = sorted(folder.iterdir())
    with writing(output):
        # The weights of OpenVINO's files first: a reader that finds the .xml finds its .bin.
        for file in sorted(files, key=lambda one: one.suffix != ".bin"):
            file.replace(output.with_name(file.name))
    return [output.with_name(file.name) for file in files]
