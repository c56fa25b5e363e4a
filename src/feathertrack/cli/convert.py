"""``feathertrack convert SOURCE OUTPUT``: weights of any known kind as files of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from feathertrack.cli._options import DataRoot
from feathertrack.cli._terminal import remark
from feathertrack.errors import InputError, require

_CHECKPOINTS = ("pysot", "pysot-layers", "mmtracking")
_FORMATS: Mapping[str, tuple[str, ...]] = {
    ".safetensors": ("ours",),
    ".onnx": ("onnx",),
    ".xml": ("openvino",),
    ".pth": _CHECKPOINTS,
    ".pt": _CHECKPOINTS,
    ".tar": _CHECKPOINTS,
}
"""How a file ends -> whose it may be, what auto takes first."""

_MOST_FRAMES = 2000
"""All are in memory at once, a MB each at most."""


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Turn weights into other files; export and quantise networks.

    What the source holds is found out by its tensors.

    A file of ours says which network it holds, and by whose conventions.

    NAME.onnx and NAME.xml are a pair of files: NAME.embed and NAME.predict.

    The paths that were written are printed.

    Examples:
      feathertrack convert siamrpn_r50_l234_dwxcorr.pth siamrpn.safetensors
      feathertrack convert siamrpn.safetensors model.pth --format pysot
      feathertrack convert student.safetensors student.onnx
      feathertrack convert student.onnx small.xml --precision int8 --calibrate DIR

    Attributes:
        source: Weights of any known kind, or a pair of ONNX files of ours.
        output: Where to: .safetensors for ours, .onnx and .xml for exported ones, .pth for others.
        model: The network that the source holds, where its tensors leave a choice.
        format: Whose file: auto goes by how the output ends, and takes pysot's for .pth;
            pysot-layers names the layers of AlexNet as pysot's training configurations do.
        precision: Of what is exported. int8 quantises what runs in every frame; float32 leaves a
            pair as it is.
        calibrate: Folder of sequences with boxes, in the layout of the benchmark folder, on which
            the tracker shows what values occur; int8 needs it.
        calibrate_split: Which of its sequences, as folds.json:fit; all without it.
        calibrate_frames: How many of their frames, evenly spread.
    """

    source: Positional[Annotated[Path, arg(metavar="SOURCE")]]

    output: Positional[Annotated[Path, arg(metavar="OUTPUT")]]

    model: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None

    format: Literal["auto", "ours", "onnx", "openvino", "pysot", "pysot-layers", "mmtracking"] = (
        "auto"
    )

    precision: Literal["float32", "int8"] = "float32"

    calibrate: DataRoot = None

    calibrate_split: Annotated[str, arg(metavar="FILE:KEY", help_behavior_hint="")] = ""

    calibrate_frames: Annotated[int, arg(metavar="N")] = 300

    def run(self) -> int:
        """Load, write, and say what it is."""
        format = self._format()
        self._check_precision(format)
        if format in ("onnx", "openvino"):
            return self._export()
        require("torch", extra="torch")
        from feathertrack.weights.loading import load_model
        from feathertrack.weights.official import save_official
        from feathertrack.weights.saving import save_model

        network = load_model(self.source, name=self.model)
        if format == "ours":
            save_model(network, self.output)
        elif self.format in ("auto", "pysot"):
            save_official(network, self.output)
        elif self.format in ("pysot-layers", "mmtracking"):
            save_official(network, self.output, self.format)
        print(self.output)
        told = ", ".join(f"{key} of {word}" for key, word in network.conventions.items())
        remark(f"{network.name}{'; ' if told else ''}{told}")
        return 0

    def _format(self) -> str:
        """Whose file the output is."""
        formats = _FORMATS.get(self.output.suffix.lower(), ())
        if not formats or self.format not in ("auto", *formats):
            raise InputError(
                f"{self.output}: files of ours end in .safetensors, exported ones in .onnx or "
                ".xml, those of others in .pth"
            )
        return formats[0] if self.format == "auto" else self.format

    def _check_precision(self, format: str) -> None:
        if self.precision == "float32":
            if self.calibrate is not None or self.calibrate_split:
                raise InputError("--calibrate is for --precision int8")
            return
        if format not in ("onnx", "openvino"):
            raise InputError(
                f"{self.output}: int8 is for exported files: name one that ends in .onnx or .xml"
            )
        if self.calibrate is None:
            raise InputError(
                "--precision int8 needs sequences to set its ranges by: --calibrate ROOT"
            )
        if not 1 <= self.calibrate_frames <= _MOST_FRAMES:
            raise InputError(
                f"--calibrate-frames must be from 1 to {_MOST_FRAMES}, got {self.calibrate_frames}"
            )

    def _export(self) -> int:
        from feathertrack.cli._exporting import Calibration, write_exported

        calibration = None
        if self.calibrate is not None:
            calibration = Calibration(
                root=self.calibrate, split=self.calibrate_split, frames=self.calibrate_frames
            )
        for path in write_exported(
            self.source, self.output, model=self.model, calibration=calibration
        ):
            print(path)
        return 0
