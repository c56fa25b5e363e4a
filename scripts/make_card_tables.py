"""Print the accuracy tables of a model's card: each sequence, beside the peers.

    python scripts/make_card_tables.py --peers ../shared/sequences/peers.json \
        --scores val=results/val/scores.json --scores dev=results/dev/scores.json

A file of scores is one that ``feathertrack evaluate folder --protocol otb@got10k`` wrote; the peers
were measured by the same rules, with their standard settings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PEERS = ("still", "kcf", "csrt", "fdsiamfc_15", "fdsiamfc_30", "nano2", "nano3", "fear_xs")


def plain(name: str) -> str:
    """A sequence's name, whichever letter stands between it and its set's."""
    return name.replace("/", "-").replace("_", "-")


def table(scores: Mapping[str, Any], peers: Mapping[str, Any], *, fold: str) -> str:
    """One table in Markdown: AUC of the model, its P20, AUC of the peers."""
    rows = [
        f"| sequence | **{scores['tracker']}** | P20 | {' | '.join(PEERS)} |",
        "| --- " * (len(PEERS) + 3) + "|",
    ]
    ours = {plain(name): own for name, own in scores["per_sequence"].items()}
    for name in peers[fold][PEERS[0]]:
        own = ours[plain(name)]
        cells = [own["auc"], own["precision"], *(peers[fold][peer][name][0] for peer in PEERS)]
        rows.append(f"| {name} | {' | '.join(f'{value:.3f}' for value in cells)} |")
    head = scores["headline"]
    means = [head["auc"], head["precision"], *(peers["mean"][fold][peer][0] for peer in PEERS)]
    rows.append(f"| **mean** | {' | '.join(f'{value:.3f}' for value in means)} |")
    return "\n".join(rows)


def main() -> None:
    """Read the command line and print a table for every fold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--scores", action="append", default=[], metavar="FOLD=FILE")
    args = parser.parse_args()
    peers = json.loads(args.peers.read_text(encoding="utf-8"))
    for pair in args.scores:
        fold, _, path = pair.partition("=")
        scores = json.loads(Path(path).read_text(encoding="utf-8"))[0]
        low, high = (scores["intervals"]["auc"][end] for end in ("low", "high"))
        print(f"`{fold}` (95 % interval of the mean: {low:.3f} to {high:.3f}):\n")
        print(table(scores, peers, fold=fold), end="\n\n")


if __name__ == "__main__":
    main()
