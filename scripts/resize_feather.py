r"""Begin the training of a Feather network with what one of another size has learned.

    python scripts/resize_feather.py feather_small.safetensors --model feather_nano \
        --output begin.safetensors
    feathertrack train feather_nano_everything --weights begin.safetensors ...

Blocks that the new one lacks are left out from behind each width: a block that keeps its width only
adds to what goes in, so what follows still sees nearly what it knows. A fine map that the old one
has not begins at random, with no weight in the neck, so that the answers are the old ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.models import create_model
from feathertrack.models.feather import Feather
from feathertrack.weights import load_model, save_model

NECK = "neck.0.weight"


def main() -> None:
    """Read the command line, resize, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="file of a trained Feather network")
    parser.add_argument("--model", required=True, help="name of the new one: feather_nano, ...")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    args = parser.parse_args()
    try:
        print(resize(args.weights, create_model(args.model), output=args.output))
    except FeathertrackError as error:
        raise SystemExit(f"resize_feather: {error}") from error


def resize(weights: Path, new: torch.nn.Module, *, output: Path) -> Path:
    """Fill ``new`` with the weights of a file as far as they go, and write it.

    Raises:
        InputError: one of the two is of another family, or has other widths or longer towers.
        WeightsError: the file cannot be read.
    """
    old = load_model(weights)
    if not isinstance(old, Feather) or not isinstance(new, Feather):
        other = new if isinstance(old, Feather) else old
        raise InputError(f"{getattr(other, 'name', other)} is no Feather network")
    given, state = old.state_dict(), new.state_dict()
    for key, value in state.items():
        if key in given and given[key].shape == value.shape:
            state[key] = given[key]
        elif key == NECK and new.fine is not None and old.fine is None:
            coarse = given[key]
            state[key] = torch.zeros_like(value)
            state[key][:, -coarse.shape[1] :] = coarse
        elif not (key.startswith("fine.") and old.fine is None):
            raise InputError(f"{weights} has no {key} of the shape that {new.name} needs")
    new.load_state_dict(state)
    return save_model(new, output, metadata={"resized_of": old.digest})


if __name__ == "__main__":
    main()
