"""Pairs per second of one CPU core: from packed shards, and by a plain PyTorch data set.

    python benchmarks/training_data.py --shared ../shared --output benchmarks/results/NAME.json

The plain data set is what one writes first: every pair reads two original pictures with
``cv2.imread``, cuts a square with a border of the mean colour, and varies it step by step, one
pair at a time, in a ``DataLoader``. Ours reads the same boxes from a pack of the
same pictures. Both prepare the same batches in one thread of one process, and the seconds are those
that the processor worked for it, so that other programs on the machine count little; rounds
alternate, and the ratio is that of one round, its median over the rounds.

The pictures of ``shared`` are small, so each set is measured as it is and enlarged to the sizes of
real training sets (``--widths``; 0 leaves them): decoding the whole picture is what packing saves.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from machine import describe_machine
from numpy.typing import NDArray
from reports import write_report
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from feathertrack.data.loading import PairLoader
from feathertrack.data.packing import write_pack
from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.data.sources import IndexedSource, open_source
from feathertrack.training.recipe import LoopSettings

METHODS = {
    "siamfc": {
        "side": 255,
        "template": ViewSettings(size=127, shift=4, stretch=0.05),
        "search": ViewSettings(size=239, shift=4, stretch=0.05),
    },
    "pysot": {
        "side": 431,
        "template": ViewSettings(size=127, shift=4, scale=0.05, color=1.0),
        "search": ViewSettings(size=255, shift=64, scale=0.18, color=1.0, blur=0.2),
    },
}
_VALUES = np.array([[-0.559, 0.981, -0.419], [1.721, 0.199, -1.83], [4.645, 4.737, 4.883]])
_INTERPOLATIONS = (
    *(cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA),
    *(cv2.INTER_NEAREST, cv2.INTER_LANCZOS4),
)
Picture = NDArray[Any]
File = tuple[str, list[float]]


class PlainPairs(Dataset[tuple[Tensor, Tensor]]):
    """The reference: decode, crop, augment, one pair at a time, from the original pictures."""

    def __init__(self, source: IndexedSource, method: str, length: int) -> None:
        self.method, self.length = method, length
        self.files = [
            [
                (str(source.index.image_path(one.video, int(frame))), box.tolist())
                for frame, box in zip(one.frames, one.boxes, strict=True)
            ]
            for one in map(source.index.track, range(source.num_tracks))
        ]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return template and search, float32 (3, h, w)."""
        rng = np.random.default_rng(index)
        files = self.files[rng.integers(len(self.files))]
        first, second = sorted(rng.integers(len(files), size=2))
        views: Any = METHODS[self.method]
        return (
            self._view(files[first], views["template"], rng),
            self._view(files[second], views["search"], rng),
        )

    def _view(self, file: File, view: Any, rng: np.random.Generator) -> Tensor:
        path, box = file
        image = cv2.cvtColor(_read(path), cv2.COLOR_BGR2RGB)
        out = 255 if self.method == "siamfc" else 511
        crop = _square(image, box, out)
        vary = _vary_siamfc if self.method == "siamfc" else _vary_pysot
        varied = np.ascontiguousarray(vary(crop, view, rng).transpose(2, 0, 1), dtype=np.float32)
        return torch.from_numpy(varied)


def _read(path: str) -> Picture:
    picture = cv2.imread(path)
    assert picture is not None, f"{path} can be read"
    return np.asarray(picture)


def _square(image: Picture, box: list[float], out: int) -> Picture:
    """The square around a box with its context, by padding the whole frame as FDSiamFC does."""
    x, y, w, h = box
    border = (w + h) / 2
    size = round(np.sqrt((w + border) * (h + border)) * out / 127)
    left, top = round(x + w / 2 - size / 2), round(y + h / 2 - size / 2)
    pad = max(0, -left, -top, left + size - image.shape[1], top + size - image.shape[0])
    if pad:
        mean = image.mean((0, 1)).tolist()
        image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=mean)
    patch = image[top + pad : top + pad + size, left + pad : left + pad + size]
    return np.asarray(cv2.resize(patch, (out, out)))


def _vary_siamfc(crop: Picture, view: Any, rng: np.random.Generator) -> Picture:
    """Stretch, centre crop to 247, random crop to 239, centre crop to the size of the view."""
    side = round(255 * (1 + rng.uniform(-view.stretch, view.stretch)))
    crop = cv2.resize(crop, (side, side), interpolation=int(rng.choice(_INTERPOLATIONS)))
    pad = max(0, (248 - side) // 2 + 1)
    crop = cv2.copyMakeBorder(
        crop, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=crop.mean((0, 1)).tolist()
    )
    first = (crop.shape[0] - 247) // 2
    y, x = first + rng.integers(0, 9, 2)
    inner = (239 - view.size) // 2
    return crop[y + inner : y + inner + view.size, x + inner : x + inner + view.size]


def _vary_pysot(crop: Picture, view: Any, rng: np.random.Generator) -> Picture:
    """Scale and shift, colour, motion blur by a full kernel: the steps of pysot."""
    side = (view.size - 1) * (1 + rng.uniform(-view.scale, view.scale, 2))
    start = 255 - side / 2 + rng.uniform(-view.shift, view.shift, 2)
    start = np.clip(start, 0, 510 - side)
    zoom = (view.size - 1) / side
    matrix = np.array([[zoom[0], 0, -start[0] * zoom[0]], [0, zoom[1], -start[1] * zoom[1]]])
    varied = cv2.warpAffine(crop, matrix, (view.size, view.size)).astype(np.float32)
    varied = varied - (_VALUES @ rng.standard_normal(3)).astype(np.float32)
    if rng.random() < view.blur:
        size = int(rng.integers(2, 23)) * 2 + 1
        kernel = np.zeros((size, size))
        weight = rng.random()
        kernel[:, size // 2] += weight / size
        kernel[size // 2, :] += (1 - weight) / size
        varied = cv2.filter2D(varied, -1, kernel)
    return np.asarray(varied)


def main() -> None:
    """Measure and write the report."""
    options = _options()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    report: dict[str, Any] = {"machine": describe_machine(), "pairs": options.pairs, "sets": []}
    with tempfile.TemporaryDirectory() as folder:
        for width in options.widths:
            root = enlarged(options.shared, Path(folder, str(width)), width=width)
            for method in METHODS:
                row = {"method": method, "width": width, **measure(root, method, options)}
                print(json.dumps({key: row[key] for key in list(row)[:6]}), flush=True)
                report["sets"].append(row)
    write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="pairs per second of the training data")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--widths", type=int, nargs="+", default=[0, 640, 1280])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=400, help="pairs of a round")
    return parser.parse_args()


def enlarged(shared: Path, folder: Path, *, width: int) -> Path:
    """Every third frame of the ``fit`` sequences, enlarged, in the layout of a user's own set."""
    sequences = shared / "sequences"
    names = json.loads((sequences / "folds.json").read_text())["fit"]
    for name in names:
        source, target = sequences / "train" / name, folder / name
        rows = (source / "groundtruth_rect.txt").read_text().split("\n")
        kept: list[str] = []
        (target / "img").mkdir(parents=True)
        for path, row in list(zip(sorted((source / "img").glob("*.jpg")), rows, strict=False))[::3]:
            picture = _read(str(path))
            zoom = width / picture.shape[1] if width else 1.0
            if zoom != 1:
                picture = cv2.resize(picture, None, fx=zoom, fy=zoom)
            cv2.imwrite(str(target / "img" / f"{len(kept) + 1:04d}.jpg"), picture)
            numbers = [float(word) * zoom for word in row.replace(",", " ").split()]
            kept.append(",".join(f"{number:.3f}" for number in numbers))
        (target / "groundtruth_rect.txt").write_text("\n".join(kept) + "\n")
    return folder


def measure(root: Path, method: str, options: argparse.Namespace) -> dict[str, Any]:
    """Pairs per second of both, in alternating rounds."""
    views: dict[str, Any] = METHODS[method]
    source = open_source(SetSettings(reader="folder", root=str(root), split=""))
    assert isinstance(source, IndexedSource), "folder is indexed"
    pack = root.parent / f"{root.name}_{method}"
    about = write_pack(source, pack, side=views["side"]).about
    data = DataSettings(
        sets=(SetSettings(reader="packed", root=str(pack)),),
        pairs_per_epoch=options.pairs,
        order="causal" if method == "siamfc" else "any",
        crop=method,  # type: ignore[arg-type]
        template=views["template"],
        search=views["search"],
        workers=0,
    )
    ours = PairLoader([open_source(data.sets[0])], data, LoopSettings(batch_size=8), seed=0)
    plain = DataLoader(PlainPairs(source, method, options.pairs), batch_size=8)
    rates: dict[str, list[float]] = {"packed": [], "plain": []}
    for number in range(options.rounds):
        ours.set_epoch(number)
        rates["packed"].append(_rate(iter(ours), options.pairs))
        rates["plain"].append(_rate(iter(plain), options.pairs))
    ours.close()
    ratios = [a / b for a, b in zip(rates["packed"], rates["plain"], strict=True)]
    return {
        "packed_pairs_per_second": round(statistics.median(rates["packed"]), 1),
        "plain_pairs_per_second": round(statistics.median(rates["plain"]), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "crops": about.crops,
        "bytes_per_crop": round(sum(about.shards) / about.crops),
        "rates": rates,
    }


def _rate(batches: Iterator[Any], pairs: int) -> float:
    """Pairs per second of processor time."""
    begin = time.process_time()
    count = sum(1 for _ in batches)
    seconds = time.process_time() - begin
    assert count * 8 == pairs, "a round is a whole number of batches"
    return pairs / seconds


if __name__ == "__main__":
    main()
