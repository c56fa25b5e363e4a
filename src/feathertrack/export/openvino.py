"""A network as a pair of OpenVINO files, made from its ONNX pair."""

from __future__ import annotations

import tempfile
from pathlib import Path

from feathertrack.engines.onnx_runtime import read_onnx_label
from feathertrack.engines.pair import (
    METADATA_KEY,
    find_further,
    find_pair,
    name_pair,
    write_label,
)
from feathertrack.errors import require
from feathertrack.export.files import ExportedFiles
from feathertrack.video.outfiles import writing


def export_openvino(source: str | Path, path: str | Path) -> ExportedFiles:
    """Write ``<stem>.embed.xml``, ``<stem>.predict.xml`` and one file for each further call.

    Each has its ``.bin`` beside it; all are in the precision of the source.

    Args:
        source: either file of an ONNX pair, or their stem.
        path: a folder, where the files get the name of the source, or ``<stem>.xml``.

    Raises:
        WeightsError: the source is no network of this package.
        InputError: the files cannot be written.
        MissingExtra: OpenVINO is not installed.
    """
    runtime = require("openvino", extra="openvino")
    given = find_pair(Path(source))
    label = read_onnx_label(given)
    path = Path(path)
    stem = given.embed.name.removesuffix(".embed.onnx")
    files = name_pair(path / f"{stem}.xml" if path.is_dir() else path)
    core = runtime.Core()
    further = {call: files.further(call) for call in label.info.further_calls}
    sources = [given.embed, given.predict, *find_further(given, label.info).values()]
    for onnx_file, file in zip(
        sources, (files.embed, files.predict, *further.values()), strict=True
    ):
        network = core.read_model(onnx_file)
        network.set_rt_info(write_label(label), METADATA_KEY)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent) as folder:
                written = Path(folder, file.name)
                runtime.save_model(network, written, compress_to_fp16=False)
                # The weights first: a reader that finds the .xml finds its .bin.
                for suffix in (".bin", ".xml"):
                    written.with_suffix(suffix).replace(file.with_suffix(suffix))
    return ExportedFiles(embed=files.embed, predict=files.predict, info=label.info, further=further)
