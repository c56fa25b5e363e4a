"""Put trained weights of ``feather_fc`` into the package: torch weights, the ONNX pair, and proof.

    python scripts/ship_first_model.py runs/feather_fc/snapshots/002800.safetensors --steps 2800

Writes feather_fc.safetensors (for the torch engine and for further training),
feather_fc.embed.onnx and feather_fc.predict.onnx, and prints their sizes, the network's cost and
the largest difference between the ONNX pair and the network.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from safetensors.torch import load_file

from feathertrack.export import export_onnx, verify_export
from feathertrack.models import create_model
from feathertrack.models.cost import count_macs, count_parameters
from feathertrack.weights import load_model, save_model

NAME = "feather_fc"
HOME = Path(__file__).resolve().parent.parent / "src/feathertrack/weights/shipped"


def revision() -> str:
    """The commit of the working tree, "" outside a repository."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def main() -> None:
    """Read the command line, write the files, print what was written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="a snapshot of train_first_model.py")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--out", type=Path, default=HOME, help="default: the package")
    args = parser.parse_args()
    network = create_model(NAME)
    network.load_state_dict(load_file(args.weights), strict=True)
    words = {
        "trained_by": f"scripts/train_first_model.py --seed {args.seed} --steps {args.steps}",
        "git_revision": revision(),
        "teacher": "FDSiamfc_30.pth (MIT, github.com/conquerhuang/FDSiamFC)",
    }
    saved = load_model(save_model(network, args.out / f"{NAME}.safetensors", metadata=words))
    files = export_onnx(saved, args.out / f"{NAME}.onnx")
    for path in (args.out / f"{NAME}.safetensors", files.embed, files.predict):
        print(f"{path.name}: {path.stat().st_size} bytes")
    print(f"{count_parameters(saved)} parameters, {count_macs(saved)}")
    print(f"ONNX differs from torch by at most {verify_export(saved, files.predict):.2e}")


if __name__ == "__main__":
    main()
