"""Networks back under the names and in the files of the public code they come from."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import torch

from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.models.registry import create_model
from feathertrack.video.outfiles import replacing, writing
from feathertrack.weights.recognition import State
from feathertrack.weights.siamese import name_features
from feathertrack.weights.siamrpn import mmtracking_name

_UNTOLD = ("used", "stride", "size_prior")
"""Options of our builders that the public codes do not have, and that shapes do not tell."""

OfficialFormat = Literal["pysot", "pysot-layers", "mmtracking"]
"""Whose names: pysot's released files, its training configurations (which name the layers of
AlexNet otherwise; all other names are the same), or mmtracking's. SiamKPN's are those of pysot's
configurations."""


def official_state(model: Network, form: OfficialFormat = "pysot") -> State:
    """Return the state dict of a SiamRPN++ or SiamKPN network under official names.

    Raises:
        InputError: the network is of another family, that code would decode it by other
            conventions than it was trained with, or it was built in a way that neither names nor
            shapes of such a file tell.
    """
    if form not in get_args(OfficialFormat):
        raise InputError(f"formats are {', '.join(get_args(OfficialFormat))}, got {form!r}")
    if model.family not in ("siamrpn", "siamkpn"):
        raise InputError(f"{model.name} is a {model.family}, which {form} does not have")
    trained = model.conventions.get("anchors", "pysot")
    reader = form.partition("-")[0]
    if trained != reader:
        raise InputError(
            f"{model.name} was trained with the anchors of {trained}: {reader} would decode its "
            f"boxes by others"
        )
    if reader == "mmtracking" and model.name != "siamrpn_r50":
        raise InputError(f"mmtracking has siamrpn_r50 alone, not {model.name}")
    _check_told(model, reader)
    if form == "pysot" and model.family == "siamkpn":
        form = "pysot-layers"  # its code has no other AlexNet
    return _WRITERS[form](model.state_dict())


def _check_told(model: Network, reader: str) -> None:
    """Refuse a network that could not be built again from its state dict alone."""
    with torch.device("meta"):
        usual = create_model(model.name).config
    for option in _UNTOLD:
        if model.config.get(option) != usual.get(option):
            raise InputError(
                f"{model.name} was built with {option}={model.config[option]!r}, which a file of "
                f"{reader} cannot say: keep it in a file of ours, .safetensors"
            )


def _mmtracking(state: State) -> State:
    return {mmtracking_name(key): tensor for key, tensor in state.items()}


_WRITERS: Mapping[str, Callable[[State], State]] = {
    "pysot": name_features,
    "pysot-layers": dict,
    "mmtracking": _mmtracking,
}


def save_official(model: Network, path: str | Path, form: OfficialFormat = "pysot") -> Path:
    """Write a PyTorch file with the bare state dict, which pysot's ``load_pretrain`` reads.

    The file appears whole or not at all.

    Raises:
        InputError: see :func:`official_state`, or the file cannot be written.
    """
    path = Path(path)
    state = official_state(model, form)
    content = io.BytesIO()
    torch.save(OrderedDict((key, tensor.detach().cpu()) for key, tensor in state.items()), content)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(content.getvalue())
    return path
