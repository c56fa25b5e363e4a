"""Take the trunk out of a trained Feather network, to begin the training of another size with it.

    python scripts/take_trunk.py feather_small.safetensors --output trunk.safetensors
    feathertrack train feather_base_everything --weights trunk.safetensors ...

Sizes have the same trunk as far as their blocks go; neck and head of the new one begin at random.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import save_file

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.weights import load_model
from feathertrack.weights.feather import PART


def main() -> None:
    """Read the command line, take, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="file of a Feather network")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    args = parser.parse_args()
    try:
        print(take_trunk(args.weights, args.output))
    except FeathertrackError as error:
        raise SystemExit(f"take_trunk: {error}") from error


def take_trunk(weights: Path, output: Path) -> Path:
    """Write the tensors of the trunk alone.

    Raises:
        InputError: the network is of another family, or the file cannot be written.
        WeightsError: the file cannot be read.
    """
    model = load_model(weights)
    if model.family != "feather":
        raise InputError(f"{weights} holds {model.name}, which is no Feather network")
    state = {
        key: value.contiguous()
        for key, value in model.state_dict().items()
        if key.startswith(f"{PART}.")
    }
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        save_file(state, output, metadata={"trunk_of": model.digest})
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror or error}") from error
    return output


if __name__ == "__main__":
    main()
