"""Where the weights of a name are on this machine."""

from __future__ import annotations

from pathlib import Path

from feathertrack.errors import InputError, WeightsError
from feathertrack.paths import cache_dir
from feathertrack.weights.catalogue.entry import Entry
from feathertrack.weights.catalogue.table import find_entry
from feathertrack.weights.catalogue.verification import verify

_SHIPPED = Path(__file__).resolve().parent.parent / "shipped"

_SUFFIXES = {".pth", ".pt", ".tar", ".onnx", ".safetensors", ".model"}


def weights_folder(name: str) -> Path:
    """The user's folder for the weights of one name; it need not exist."""
    return cache_dir() / "weights" / name


def find_weights(name: str) -> Path:
    """The weights of a name: those shipped with the package, else those in the user's cache.

    Any one file of weights in ``weights_folder(name)`` will do, whatever it is called; where there
    are several, the one with the original's name is taken.

    Raises:
        WeightsError: there are none, and the text says where to get them; or the file is not the
            published one, or not the one that it was on first use.
        InputError: no published weights have that name, or there are several files of them.
    """
    if (_SHIPPED / f"{name}.embed.onnx").is_file():
        return _SHIPPED / f"{name}.onnx"  # the name of the pair
    entry = find_entry(name)
    folder = weights_folder(name)
    original = folder / entry.file_name
    if original.is_file():
        verify(original, entry)
        return original
    candidates = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if not candidates:
        raise missing_weights(entry)
    if len(candidates) > 1:
        listed = ", ".join(path.name for path in candidates)
        raise InputError(f"{folder} holds several files of weights ({listed}): leave one of them")
    verify(candidates[0], entry)
    return candidates[0]


def missing_weights(entry: Entry) -> WeightsError:
    """What to do when the weights of an entry are not here; the caller raises it."""
    where, folder = entry.places[0], weights_folder(entry.name)
    if entry.address:
        return WeightsError(
            f"the weights of {entry.name} are not here: 'feathertrack download {entry.name}' "
            f"fetches them, or give a file of weights of your own; page: {where}"
        )
    if not entry.published:
        return WeightsError(
            f"no weights of {entry.name} are published at {where}: train them, or give a file of "
            f"weights of your own"
        )
    what = entry.file or f"the file of {entry.config or entry.name}"
    return WeightsError(
        f"no program can fetch the weights of {entry.name}: open {where} in a browser and save "
        f"{what} in the folder {folder}, or give a file of weights of your own"
    )
