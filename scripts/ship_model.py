r"""Put a trained network into the package: torch weights, the ONNX pair, and what is known of it.

    python scripts/ship_model.py runs/feather_small/weights/best.safetensors \\
        --scores dev=results/dev/scores.json --scores val=results/val/scores.json

Writes NAME.safetensors (for the torch engine and for further training), NAME.embed.onnx,
NAME.predict.onnx and NAME.json with the network's cost, how it was trained and what it scores, and
prints the largest difference between the ONNX pair and the network. NAME is that of the network.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

from feathertrack.export import export_onnx, verify_export
from feathertrack.models.cost import count_macs, count_parameters
from feathertrack.weights import load_model, save_model

HOME = Path(__file__).resolve().parent.parent / "src/feathertrack/weights/shipped"
OURS = {"format", "format_version", "model", "config", "family"}
LICENCE = "Apache-2.0"


def trained(path: Path) -> dict[str, str]:
    """What the training wrote into a file of weights, without paths of the machine."""
    with safe_open(path, framework="pt") as file:
        words = dict(file.metadata() or {})
    return {key: Path(value).name for key, value in words.items() if key not in OURS}


def accuracy(scores: list[str]) -> dict[str, dict[str, Any]]:
    """AUC with its interval and P20, for every FOLD=FILE that ``feathertrack evaluate`` wrote."""
    found = {}
    for pair in scores:
        fold, _, path = pair.partition("=")
        one = json.loads(Path(path).read_text(encoding="utf-8"))[0]
        auc = one["intervals"]["auc"]
        found[fold] = {
            "auc": round(one["headline"]["auc"], 4),
            "interval": [round(auc["low"], 4), round(auc["high"], 4)],
            "p20": round(one["headline"]["precision"], 4),
            "sequences": one["num_sequences"],
        }
    return found


def main() -> None:
    """Read the command line, write the files, print what was written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="as feathertrack train wrote them")
    parser.add_argument("--scores", action="append", default=[], metavar="FOLD=FILE")
    parser.add_argument("--out", type=Path, default=HOME, help="default: the package")
    args = parser.parse_args()
    words = trained(args.weights)
    network = load_model(args.weights)
    name = network.name
    args.out.mkdir(parents=True, exist_ok=True)
    kept = save_model(network, args.out / f"{name}.safetensors", metadata=words)
    saved = load_model(kept)
    files = export_onnx(saved, args.out / f"{name}.onnx")
    macs = count_macs(saved)
    about = {
        "name": name,
        "family": saved.family,
        "licence": LICENCE,
        "parameters": count_parameters(saved),
        "macs": {"embed": macs.embed, "predict": macs.predict},
        "bytes": {one.name: one.stat().st_size for one in (kept, files.embed, files.predict)},
        "training": words,
        "accuracy": accuracy(args.scores),
        "page": f"docs/models/{name}.md",
    }
    text = json.dumps(about, indent=1) + "\n"
    (args.out / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
    print(f"ONNX differs from torch by at most {verify_export(saved, files.predict):.2e}")


if __name__ == "__main__":
    main()
