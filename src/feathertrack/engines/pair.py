"""A network on disk without torch: a pair of files, one for each of its two calls.

A network with further calls has one more file for each, ``<stem>.<call>.onnx``.

``<stem>.embed.onnx`` and ``<stem>.predict.onnx`` (or ``.xml``, with OpenVINO's ``.bin`` beside it).
Either file, or ``<stem>.onnx``, names the pair. Both carry what a tracker must know about the
network as JSON, under the key ``feathertrack`` of their metadata.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from feathertrack.engines.protocol import NetworkInfo
from feathertrack.errors import WeightsError

METADATA_KEY = "feathertrack"
SUFFIXES = (".onnx", ".xml")

_FORMAT = 1
_LARGEST_FILE = 1 << 30
_LARGEST_TEXT = 1 << 16
_LARGEST_SIDE = 4096
_MOST_CALLS = 16


@dataclass(frozen=True, kw_only=True)
class NetworkFiles:
    """The two files of a network."""

    embed: Path
    predict: Path

    @property
    def suffix(self) -> str:
        """The format: ".onnx" or ".xml"."""
        return self.predict.suffix.lower()

    def further(self, call: str) -> Path:
        """The file of a further call."""
        end = f".predict{self.predict.suffix}"
        return self.predict.with_name(
            f"{self.predict.name.removesuffix(end)}.{call}{self.predict.suffix}"
        )


def name_pair(path: Path) -> NetworkFiles:
    """The names of the two files that ``path``, any one of them or their stem, stands for.

    >>> name_pair(Path("net.onnx")).embed.name
    'net.embed.onnx'
    """
    stem = path.name[: -len(path.suffix)] if path.suffix.lower() in SUFFIXES else path.name
    suffix = path.suffix if path.suffix.lower() in SUFFIXES else SUFFIXES[0]
    for part in (".embed", ".predict"):
        stem = stem.removesuffix(part)
    return NetworkFiles(
        embed=path.with_name(f"{stem}.embed{suffix}"),
        predict=path.with_name(f"{stem}.predict{suffix}"),
    )


def find_pair(path: Path) -> NetworkFiles:
    """The two files that ``path`` stands for, which exist and are of bearable size.

    Raises:
        WeightsError: one or both are missing, or too large to be a network of this package.
    """
    files = name_pair(path)
    both = f"a network is a pair of files, {files.embed.name} and {files.predict.name}"
    missing = [file for file in (files.embed, files.predict) if not file.is_file()]
    if len(missing) == 2 and path.is_file():
        raise WeightsError(f"{path} is no network of this package: {both}")
    if missing:
        raise WeightsError(f"{missing[0]} is missing: {both}")
    for file in (files.embed, files.predict):
        _check_size(file)
    return files


def find_further(files: NetworkFiles, info: NetworkInfo) -> dict[str, Path]:
    """The files of the further calls by name, which exist and are of bearable size.

    Raises:
        WeightsError: one is missing, or too large to be a network of this package.
    """
    found = {call: files.further(call) for call in info.further_calls}
    for call, file in found.items():
        if not file.is_file():
            raise WeightsError(f"{file} is missing: {info.name} needs it for its call {call!r}")
        _check_size(file)
    return found


def stored_files(path: Path) -> list[Path]:
    """Every file of the network that ``path`` stands for, those of further calls too.

    Args:
        path: either file of a pair, their stem, or a file of weights, which is alone.
    """
    if path.suffix.lower() not in SUFFIXES:
        return [path]
    embed = name_pair(path).embed
    stem, ends = embed.name.removesuffix(f"embed{embed.suffix}"), {embed.suffix}
    if embed.suffix.lower() == ".xml":
        ends.add(".bin")
    return sorted(
        file
        for file in path.parent.iterdir()
        if file.name.startswith(stem)
        and file.suffix in ends
        and file.name[len(stem) : -len(file.suffix)].isidentifier()
    )


def _check_size(file: Path) -> None:
    if file.stat().st_size > _LARGEST_FILE:
        raise WeightsError(f"{file} is larger than 1 GiB: no network of this package is")


@dataclass(frozen=True, kw_only=True)
class Label:
    """What the metadata of a file says: the network, and what its weights are stored in."""

    info: NetworkInfo
    precision: str = "float32"


def write_label(label: Label) -> str:
    """The JSON text that goes into the metadata of both files."""
    content = {"format": _FORMAT, "precision": label.precision, **asdict(label.info)}
    return json.dumps(content, sort_keys=True)


def read_label(text: str, *, path: Path) -> Label:
    """What :func:`write_label` wrote.

    Raises:
        WeightsError: the text is missing or something else; ``path`` names the file.
    """
    if not text:
        raise WeightsError(f"{path} is no network of this package: its metadata do not name one")
    try:
        content = json.loads(text[:_LARGEST_TEXT])
        if content["format"] > _FORMAT:
            raise WeightsError(f"{path} is of a newer format than this version of feathertrack")
        return Label(info=_info(content), precision=str(content["precision"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(f"{path} has damaged metadata: {error!r}") from error


def _info(content: Mapping[str, object]) -> NetworkInfo:
    numbers = {key: content[key] for key in ("stride", "template_size", "search_size")}
    for key, value in numbers.items():
        if type(value) is not int or not 0 < value <= _LARGEST_SIDE:
            raise ValueError(f"{key} is {value!r}")
    config = content["config"]
    if not isinstance(config, Mapping):
        raise ValueError(f"config is {config!r}")
    calibration = {str(key): float(value) for key, value in config.items()}
    if not all(map(math.isfinite, calibration.values())):
        raise ValueError(f"config is {config!r}")
    return NetworkInfo(
        name=str(content["name"]),
        family=str(content["family"]),
        stride=int(str(numbers["stride"])),
        template_size=int(str(numbers["template_size"])),
        search_size=int(str(numbers["search_size"])),
        digest=str(content["digest"]),
        config=calibration,
        conventions=_conventions(content.get("conventions", {})),
        search_area=_search_area(content.get("search_area", 0.0)),
        further_calls=_further_calls(content.get("further_calls", ())),
        any_search_size=content.get("any_search_size", False) is True,
    )


def _conventions(words: object) -> dict[str, str]:
    if not isinstance(words, Mapping):
        raise ValueError(f"conventions are {words!r}")
    return {str(key): str(value) for key, value in words.items()}


def _search_area(value: object) -> float:
    if not isinstance(value, int | float) or not (value == 0 or 1 <= value <= _LARGEST_SIDE):
        raise ValueError(f"search_area is {value!r}")
    return float(value)


def _further_calls(names: object) -> tuple[str, ...]:
    """The names, which become parts of file names: letters, digits and underscores alone."""
    if not isinstance(names, list | tuple) or len(names) > _MOST_CALLS:
        raise ValueError(f"further_calls are {names!r}")
    for name in names:
        if not (isinstance(name, str) and name.isidentifier() and name.isascii()):
            raise ValueError(f"a further call is {name!r}")
    return tuple(names)


def check_same(embed: Label, predict: Label, *, files: NetworkFiles) -> Label:
    """The label of both files.

    Raises:
        WeightsError: the two files belong to different networks.
    """
    if embed != predict:
        raise WeightsError(
            f"{files.embed.name} and {files.predict.name} in {files.embed.parent} are of different "
            f"networks ({embed.info.name} and {predict.info.name}): export both again"
        )
    return embed


def check_pictures(file: Path, info: NetworkInfo, *, name: str, kind: str, rank: int) -> None:
    """Refuse a file whose last input is not pictures: "template" or "search", (N, H, W, 3).

    Args:
        file: the file, whose name says which of the two it should be.
        info: its network, which says whether pictures are uint8 or float32.
        name: of the last input.
        kind: its element type.
        rank: its number of axes.

    Raises:
        WeightsError: its name, element type or number of axes is another.
    """
    call = file.name.removesuffix(file.suffix).rpartition(".")[2]
    expected = {"embed": "template", "predict": "search"}[call]
    wanted = "float32" if info.float_pictures else "uint8"
    if (name, kind, rank) != (expected, wanted, 4):
        raise WeightsError(
            f"{file} does not take {wanted} pictures as {expected!r} but {kind} as {name!r}: "
            "export the network again"
        )
