"""Load a network from a file: ours, or any official checkpoint of the families.

Our own files say which network they hold. In others the family is recognised by the names of the
tensors: each family adds one recogniser, in ``weights/<family>.py``, to ``RECOGNISERS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from feathertrack.errors import InputError, WeightsError
from feathertrack.models import Network, create_model
from feathertrack.weights import (
    atom,
    backbones,
    feather,
    imagenet,
    metadata,
    siamfc,
    siamkpn,
    siamrpn,
)
from feathertrack.weights.digest import file_digest
from feathertrack.weights.reading import StoredFile, read_file
from feathertrack.weights.recognition import Recognised, Recogniser, State, first, shown

RECOGNISERS: Mapping[str, Recogniser] = {
    "siamfc": siamfc.recognise,
    "siamrpn": siamrpn.recognise,
    "siamkpn": siamkpn.recognise,
    "atom and drnet": atom.recognise,
    "imagenet": atom.recognise_backbone,
    "imagenet for siamese networks": imagenet.recognise,
    "backbone": backbones.recognise,
    "imagenet for feather": feather.recognise,
}
"""Family -> the function that knows its official files."""

_PREFIXES = ("module.", "model.", "net.", "network.", "_orig_mod.")
"""What wrappers such as DataParallel put before every name."""


def load_model(
    path: str | Path,
    *,
    name: str | None = None,
    options: Mapping[str, object] | None = None,
    form: Literal["saved", "merged"] = "saved",
) -> Network:
    """Return the network that a file holds, on the CPU, in float32 and evaluation mode.

    Args:
        path: a PyTorch checkpoint (zip or legacy) or a safetensors file.
        name: the model that the file must hold; found out when None. A file with a backbone alone
            needs it: the other weights are random ones then.
        options: options of its builder that shapes do not tell, such as ``step``.
        form: "merged" folds what is separate only for training, such as the squeezes of a student
            that is being distilled; "saved" keeps the network as the file has it.

    Raises:
        WeightsError: the file cannot be read, or does not hold such a network, strictly: every
            tensor is there, with the right shape and finite values, and no other.
    """
    path = Path(path)
    stored = read_file(path)
    try:
        found = _found(stored, options or {}, name=name)
        if name is not None and name != found.name:
            found = replace(found, name=name, options={})
        if found.part and name is None:
            raise WeightsError(
                f"it holds only the {found.part} of a network such as {found.name}: a training "
                f"begins with it by --weights; load_model(path, name={found.name!r}) and "
                f"--model {found.name} of convert make the rest up at random"
            )
        if found.options or options:  # a file may ask for any size: shapes are compared before
            with torch.device("meta"):  # memory is taken
                _compare(_build(found, options or {}), found)
        model = _build(found, options or {})
        _fill(model, _compare(model, found), part=found.part)
        model.calibration = metadata.calibration(stored.metadata)
    except InputError as error:
        raise WeightsError(f"{path} cannot be loaded: {error}") from error
    model.digest = file_digest(path)
    model.eval()
    return model.merged() if form == "merged" else model


def _found(stored: StoredFile, options: Mapping[str, object], *, name: str | None) -> Recognised:
    """What our own file says it holds, or what a recogniser makes of another's.

    A backbone may fit networks of several families: the first that the named one has is taken, and
    a family that knows the keys but refuses the shapes is heard when no other takes them.
    """
    if metadata.is_ours(stored.metadata):
        metadata.check_version(stored.metadata)
        name, config = shown(stored.metadata.get("model", "")), metadata.config(stored.metadata)
        return Recognised(name=name, options=config, state=stored.state)
    for state in _unwrapped(stored.state):
        others: list[Recognised] = []
        refused: list[WeightsError] = []
        for recognise in RECOGNISERS.values():
            try:
                found = recognise(state, options)
            except WeightsError as error:
                refused.append(error)
                continue
            if found is None:
                continue
            if not found.part or name is None or _has_part(name, found.part):
                return found
            others.append(found)
        if refused:
            raise refused[0]
        if others:
            return others[0]
    raise WeightsError(
        f"it holds the weights of no known family (tried: {', '.join(RECOGNISERS)}); "
        f"its tensors are {first(stored.state)}"
    )


def _has_part(name: str, part: str) -> bool:
    with torch.device("meta"):
        return hasattr(create_model(name), part)


def _unwrapped(state: State) -> Iterator[State]:
    """Yield the table as it is, then without each prefix that all of its names share."""
    yield state
    for prefix in _PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            yield from _unwrapped({key.removeprefix(prefix): state[key] for key in state})


def _build(found: Recognised, options: Mapping[str, object]) -> Network:
    try:
        with torch.random.fork_rng(devices=[]):  # loading draws no random numbers of the caller's
            return create_model(found.name, **{**found.options, **options})
    except InputError:
        raise
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        told = shown(dict(found.options))
        raise WeightsError(f"{found.name} cannot be built with options {told}") from error


def _kept(model: Network, found: Recognised) -> State:
    """The tensors of a file that the network has, too, where its part may be cut short."""
    own = model.state_dict()
    return {key: tensor for key, tensor in found.state.items() if key in own}


def _compare(model: Network, found: Recognised) -> State:
    """The tensors of a file for a network, or for its one part: none lacks, none is left over."""
    state = found.state if found.whole else _kept(model, found)
    own = _own(model, found.part)
    # Counters have no effect, and files older than PyTorch 0.4 lack them.
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in state if key not in own]
    if missing or unexpected:
        parts = [("lacks", missing), ("has besides", unexpected)]
        told = " and ".join(f"{verb} {first(keys)}" for verb, keys in parts if keys)
        raise WeightsError(f"as {model.name} it {told}")
    differing = [
        f"{key} is {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    if differing:
        raise WeightsError(f"as {model.name} its shapes are wrong: {first(differing, count=3)}")
    return state


def _own(model: Network, part: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in model.state_dict().items() if key.startswith(part)}


def _fill(model: Network, state: State, *, part: str) -> None:
    own = _own(model, part)
    for key, tensor in state.items():
        own[key].copy_(_checked(key, tensor, like=own[key]))


def _checked(key: str, tensor: Tensor, *, like: Tensor) -> Tensor:
    """Values as the network has them, finite there: float64 holds more than float32."""
    if tensor.is_floating_point() != like.is_floating_point():
        raise WeightsError(f"{key} has values of type {tensor.dtype}, not {like.dtype}")
    tensor = tensor.to(like.dtype)
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise WeightsError(f"{key} has values that are not finite: its training diverged")
    return tensor
