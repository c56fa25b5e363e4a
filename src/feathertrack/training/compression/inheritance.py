"""What a student takes over when a step of its squeezing begins, and what the step trains.

Source: github.com/conquerhuang/FDSiamFC, ``train`` of ``fdsiamfc.py`` in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.models.squeezing import StepBackbone, step_backbone
from feathertrack.models.units import Unit, find_units


@dataclass(frozen=True, kw_only=True)
class StepKeys:
    """What happens to each tensor of a network when a step begins.

    Counters of batches are in none of the lists: they have no effect.

    Attributes:
        inherited: copied from the network of the step before, fine-tuned.
        fresh: keep their fresh initial values, since they are new or their width has changed.
        trainable: the parameters that the first phase of the step trains; the second trains all.
    """

    inherited: tuple[str, ...]
    fresh: tuple[str, ...]
    trainable: tuple[str, ...]


def step_keys(network: Network) -> StepKeys:
    """Return what the network's step inherits, begins afresh, and trains."""
    backbone = step_backbone(network)
    keys = [key for key in network.state_dict() if not key.endswith("num_batches_tracked")]
    parameters = [key for key, _ in network.named_parameters()]
    if backbone.step == 0:
        return StepKeys(inherited=(), fresh=tuple(keys), trainable=tuple(parameters))
    begun = tuple(f"backbone.{name}." for name in begun_modules(backbone))
    unreached = tuple(
        f"backbone.con{i}_"
        for i, rate in enumerate(backbone.rates, start=1)
        if i > backbone.step // 2 or rate == 1
    )
    new = (*begun, *unreached)
    return StepKeys(
        inherited=tuple(key for key in keys if not key.startswith(new)),
        fresh=tuple(key for key in keys if key.startswith(new)),
        trainable=tuple(key for key in parameters if key.startswith(begun)),
    )


def begun_modules(backbone: StepBackbone) -> tuple[str, ...]:
    """Names of the parts of a backbone that its step begins afresh, and trains at first.

    An odd step puts two 1 x 1 convolutions behind a unit; an even one leaves the unit narrow, which
    gives its batch norm and the next convolution other widths. The last unit has no even step.
    """
    layer = (backbone.step + 1) // 2
    is_last = layer == backbone.num_layers
    if backbone.step % 2 == 0:
        return f"bn{layer}", f"conv{layer + 1}"
    squeezes = (
        (f"con{layer}_squeeze",) if is_last else (f"con{layer}_squeeze", f"con{layer}_combine")
    )
    has_norm = is_last and bool(backbone.units[-1].tail)
    return (*squeezes, f"bn{layer}") if has_norm else squeezes


def idle_modules(backbone: StepBackbone) -> tuple[str, ...]:
    """Names of the 1 x 1 convolutions that the backbone's step does not call."""
    called = {name for i in range(1, backbone.num_layers + 1) for name in backbone.pointwise(i)}
    names = [name for name, _ in backbone.named_children() if name.startswith("con")]
    return tuple(name for name in names if not name.startswith("conv") and name not in called)


def inherit(network: Network, source: Mapping[str, Tensor]) -> None:
    """Copy into ``network``, in place, what its step inherits.

    Args:
        network: the network of a step, freshly built.
        source: state dict of the network of the step before.

    Raises:
        InputError: ``source`` is not from the step before: a tensor is missing or differs in shape.
    """
    state, step = network.state_dict(), step_backbone(network).step
    for key in step_keys(network).inherited:
        if key not in source or source[key].shape != state[key].shape:
            found = tuple(source[key].shape) if key in source else "nothing"
            raise InputError(
                f"step {step} inherits {key} of shape {tuple(state[key].shape)}, "
                f"but the step before has {found}"
            )
        state[key].copy_(source[key])


def teacher_state(teacher: Network) -> dict[str, Tensor]:
    """Return a plain teacher's tensors under the names of the step networks, squeezes left out."""
    state = teacher.state_dict()
    backbone = teacher.get_submodule("backbone")
    renamed = dict(_names_of_steps(find_units(backbone)))
    named = {}
    for key, value in state.items():
        module, _, tensor = key.removeprefix("backbone.").rpartition(".")
        inside = key.startswith("backbone.") and module in renamed
        named[f"backbone.{renamed[module]}.{tensor}" if inside else key] = value
    return named


def _names_of_steps(units: tuple[Unit, ...]) -> list[tuple[str, str]]:
    """Names of modules of a plain backbone, each with its name in a step network."""
    names = []
    for i, unit in enumerate(units, start=1):
        names.append((unit.convolution, f"conv{i}.0"))
        names += [(name, f"bn{i}.{number}") for number, name in enumerate(unit.tail)]
    return names
