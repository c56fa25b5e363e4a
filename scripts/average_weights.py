"""Average the weights of two or more trainings of one network, value by value.

    python scripts/average_weights.py early.safetensors late.safetensors --output mean.safetensors

It makes sense for weights of which one was trained on from the other, or both from a third
(Wortsman et al., Model soups, arXiv 2203.05482). What the files say of their training is kept of
the last one, and the digests of all are written beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors import safe_open

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.weights import load_model, save_model


def main() -> None:
    """Read the command line, average, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, nargs="+", help="files of one network")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    args = parser.parse_args()
    try:
        print(average(args.weights, args.output))
    except FeathertrackError as error:
        raise SystemExit(f"average_weights: {error}") from error


def average(files: list[Path], output: Path) -> Path:
    """Write the mean of all files; integers, such as counts, are those of the last.

    Raises:
        InputError: they hold different networks, or there is only one.
        WeightsError: a file cannot be read.
    """
    if len(files) < 2:
        raise InputError(f"a mean is of two files or more, got {len(files)}")
    models = [load_model(file) for file in files]
    last = models[-1]
    for file, model in zip(files, models, strict=True):
        if (model.name, dict(model.config)) != (last.name, dict(last.config)):
            raise InputError(f"{file} holds {model.name}, not the {last.name} of {files[-1]}")
    states = [model.state_dict() for model in models]
    mean = {
        key: torch.stack([state[key] for state in states]).mean(dim=0)
        if value.is_floating_point()
        else value
        for key, value in states[-1].items()
    }
    last.load_state_dict(mean)
    with safe_open(files[-1], framework="pt") as file:
        words = dict(file.metadata() or {})
    kept = {key: words[key] for key in ("recipe", "git_revision") if key in words}
    kept["average_of"] = " ".join(model.digest for model in models)
    return save_model(last, output, metadata=kept)


if __name__ == "__main__":
    main()
