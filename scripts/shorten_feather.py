"""Leave blocks out of a trained Feather network, to begin the training of a smaller one with it.

    python scripts/shorten_feather.py feather_small.safetensors --blocks 1,2,3,4,1 \
        --output begin.safetensors
    feathertrack train feather_nano_everything --weights begin.safetensors ...

Blocks are left out from behind each width. A block that keeps its width adds to what goes in, so
what follows still sees nearly what it knows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.models import create_model
from feathertrack.weights import load_model, save_model


def main() -> None:
    """Read the command line, leave out, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="file of a Feather network")
    parser.add_argument("--blocks", required=True, help="how many of each width stay: 1,2,3,4,1")
    parser.add_argument("--model", default="feather_nano", help="name of the smaller one")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    args = parser.parse_args()
    try:
        blocks = tuple(int(number) for number in args.blocks.split(","))
        print(shorten(args.weights, blocks, model=args.model, output=args.output))
    except (FeathertrackError, ValueError) as error:
        raise SystemExit(f"shorten_feather: {error}") from error


def shorten(weights: Path, blocks: tuple[int, ...], *, model: str, output: Path) -> Path:
    """Write the network with fewer blocks.

    Raises:
        InputError: it is of another family, or has fewer blocks, other widths or other towers.
        WeightsError: the file cannot be read.
    """
    whole = load_model(weights)
    if whole.family != "feather":
        raise InputError(f"{weights} holds {whole.name}, which is no Feather network")
    short = create_model(model, blocks=blocks)
    state = whole.state_dict()
    wanted = {key: value.shape for key, value in short.state_dict().items()}
    missing = [key for key in wanted if key not in state or state[key].shape != wanted[key]]
    if missing:
        raise InputError(f"{weights} has no {missing[0]} of the shape that {model} needs")
    short.load_state_dict({key: state[key] for key in wanted})
    return save_model(short, output, metadata={"shortened_of": whole.digest})


if __name__ == "__main__":
    main()
