"""Train ``feather_fc``, the first shipped model: a narrow SiamFC student, on a CPU, in one file.

    nice python scripts/train_first_model.py --shared ../shared --out runs/feather_fc --steps 2800

Run the same line again after a crash or a kill: it goes on from the last checkpoint, with the very
batches that an uninterrupted run would have drawn, since a batch depends on the seed and its number
alone. The learning rate stays constant until the last ``COOLDOWN`` of the steps, so a run can be
made longer, before its cooldown, by a larger ``--steps``.

The student starts from random weights. A sample is two crops of one target: two views of one
photograph, two frames of one sequence, or two views of a random window of an unlabelled clip. No
convolution is padded, so the features of a template are a 6 x 6 window of the features of any crop
that shows it: every crop of a batch is a template and a search region at once. Three losses:

* features: the squared error to the teacher's features, relative to their variance;
* responses: the same for the correlation maps of every template with every crop of the batch;
* labels: the balanced logistic loss of SiamFC on the map of each template in its partner crop.

Only data that may train what ships is read: licensed photographs, sequences of the fold ``fit``
that are marked permissive, and clips marked permissive.

Files in ``--out``: checkpoint.pt (everything to go on), snapshots/<step>.safetensors (averaged
weights), log.csv. Shapes: N crops, D channels, S pixels, 20 cells a side, 15 places of a template.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from feathertrack.imaging.crop import context_side, mean_color
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.siamfc import SiamFC, fdsiamfc_30, feather_fc

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]
Random = np.random.Generator

CROP, TEMPLATE, STRIDE = 239, 127, 8
WINDOW = 6  # cells a side of a template's features
MAP = (CROP - TEMPLATE) // STRIDE + 1  # places of the template along a side of the crop
MAX_SHIFT = 32.0  # pixels between the middle of a crop and its target
SCALE_JITTER = 0.18  # of the logarithm of the target's size
PAIRS = 8  # per step
BLOCK, PASSES = 64, 3  # batches that are kept, with the teacher's features, and shown so often
LEARNING_RATE, WEIGHT_DECAY, WARMUP, COOLDOWN = 2e-3, 1e-4, 200, 0.35
FREEZE_NORM = 0.15  # share of the steps, at the end, with the running statistics of batch norm
EMA = 0.998
TURN = 1400  # steps of plain imitation; afterwards the labels lead, and the student may be better
IMITATE = {"features": 1.0, "responses": 1.0, "cross": 1.0, "labels": 1.0}
FOLLOW_LABELS = {"features": 0.2, "responses": 0.3, "cross": 0.3, "labels": 3.0}
SAVE_EVERY, LOG_EVERY = 100, 25
MIN_SIDE = 12.0  # boxes with a shorter side show too little
CLIP_STEP = 10  # every tenth frame of a clip


@dataclass(frozen=True)
class View:
    """An image and a box in it, 0-based x, y, width, height."""

    image: Image
    box: Box


Source = Callable[[Random], tuple[View, View]]


def read_image(path: Path) -> Image:
    """RGB uint8 (H, W, 3)."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise SystemExit(f"{path} is no image that OpenCV can read")
    return np.asarray(image, dtype=np.uint8)


# --- where the pairs come from -------------------------------------------------------------------


def photographs(shared: Path) -> tuple[Source, Source]:
    """Two sources: the boxes of the licensed photographs, and random windows of them."""
    table = json.loads((shared / "images/instances.json").read_text())
    folder = shared / "images"
    paths = {row["id"]: folder / row["file_name"] for row in table["images"] if row["licensed"]}
    boxes = [
        (paths[row["image_id"]], tuple(row["bbox"]))
        for row in table["annotations"]
        if row["image_id"] in paths and min(row["bbox"][2:]) >= MIN_SIDE
    ]
    names = sorted(paths.values())

    def boxed(random: Random) -> tuple[View, View]:
        path, box = boxes[random.integers(len(boxes))]
        view = View(read_image(path), box)
        return view, view

    def windows(random: Random) -> tuple[View, View]:
        return random_window(read_image(names[random.integers(len(names))]), random)

    return boxed, windows


def sequences(shared: Path) -> Source:
    """Two frames, at most 50 apart, of a permissive sequence of the fold ``fit``."""
    folder = shared / "sequences"
    fit = set(json.loads((folder / "folds.json").read_text())["fit"])
    rows = json.loads((folder / "manifest.json").read_text())
    tracks = []
    for name in sorted(row["name"] for row in rows if row["name"] in fit and row["permissive"]):
        home = folder / "train" / name
        boxes = np.loadtxt(home / "groundtruth_rect.txt", delimiter=",", ndmin=2)
        boxes[:, :2] -= 1  # files count pixels from 1
        tracks.append((sorted((home / "img").iterdir()), boxes))
    weights = np.sqrt([len(boxes) for _, boxes in tracks])

    def pair(random: Random) -> tuple[View, View]:
        frames, boxes = tracks[random.choice(len(tracks), p=weights / weights.sum())]
        shown = np.flatnonzero((boxes[:, 2:] >= MIN_SIDE / 2).all(1))
        first = random.choice(shown)
        second = random.choice(shown[np.abs(shown - first) <= 50])
        views = [View(read_image(frames[i]), tuple(boxes[i])) for i in (first, second)]
        return views[0], views[1]

    return pair


def clips(shared: Path) -> Source:
    """Random windows of the unlabelled clips whose licence is permissive."""
    rows = json.loads((shared / "videos/manifest.json").read_text())
    frames: list[Image] = []
    for name in sorted(row["name"] for row in rows if row["permissive"]):
        video = cv2.VideoCapture(str(shared / "videos" / name))
        for number in range(10**6):
            if not video.grab():
                break
            if number % CLIP_STEP == 0:
                frames.append(np.asarray(video.retrieve()[1][:, :, ::-1], dtype=np.uint8).copy())

    def pair(random: Random) -> tuple[View, View]:
        return random_window(frames[random.integers(len(frames))], random)

    return pair


def random_window(image: Image, random: Random) -> tuple[View, View]:
    """A box of random size, shape and place as the target of two views of one image."""
    height, width = image.shape[:2]
    side = min(height, width) * random.uniform(0.12, 0.4)
    stretch = math.exp(random.uniform(-0.5, 0.5))
    w, h = side * stretch, side / stretch
    view = View(image, (random.uniform(0, width - w), random.uniform(0, height - h), w, h))
    return view, view


# --- from pairs to batches -----------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Crops 2 i and 2 i + 1 show one target; offsets are those of the targets, in pixels.

    ``target_NDhw`` are the teacher's features.
    """

    crops_N3SS: Tensor
    offsets_N2: Tensor
    labelled_N: Tensor
    target_NDhw: Tensor


def cut(view: View, shift: NDArray[np.float64], zoom: float, *, flip: bool) -> Image:
    """The crop that shows the target ``shift`` pixels from its middle, ``zoom`` times as large."""
    x, y, w, h = view.box
    pixel = context_side(w, h) / TEMPLATE / zoom
    mirror = -pixel if flip else pixel
    left = x + (w - 1) / 2 - mirror * ((CROP - 1) / 2 + shift[0])
    top = y + (h - 1) / 2 - pixel * ((CROP - 1) / 2 + shift[1])
    return np.asarray(
        cv2.warpAffine(
            view.image,
            np.array([[mirror, 0, left], [0, pixel, top]]),
            (CROP, CROP),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=tuple(np.rint(mean_color(view.image))),
        ),
        dtype=np.uint8,
    )


def color_matrix(random: Random, strength: float) -> NDArray[np.float64]:
    """Random gain, saturation and white balance as one matrix on RGB."""
    grey = np.full((3, 3), 1 / 3)
    saturation = 1 + strength * random.uniform(-1, 0.6)
    matrix = saturation * np.eye(3) + (1 - saturation) * grey
    gains = np.exp(strength * random.uniform(-0.7, 0.5) + 0.2 * strength * random.normal(size=3))
    return np.asarray(gains[:, None] * matrix)


def degrade(crop: Image, matrix: NDArray[np.float64], random: Random) -> Image:
    """Colour, and sometimes blur, noise or something in front of the target."""
    bias = random.uniform(-12, 12)
    crop = np.asarray(cv2.transform(crop, np.column_stack([matrix, np.full(3, bias)])), np.uint8)
    chance = random.random()
    if chance < 0.1:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), random.uniform(0.6, 2.2)), np.uint8)
    elif chance < 0.2:  # motion
        length = 2 * int(random.integers(1, 6)) + 1
        crop = np.asarray(cv2.blur(crop, (length, 1) if chance < 0.15 else (1, length)), np.uint8)
    elif chance < 0.27:
        noise = random.normal(0, random.uniform(3, 12), crop.shape)
        crop = np.clip(crop + noise, 0, 255).astype(np.uint8)
    elif chance < 0.37:
        (x, y), (w, h) = random.integers(40, 180, 2), random.integers(15, 60, 2)
        crop[y : y + h, x : x + w] = random.integers(0, 256, 3)
    return crop


def draw_pair(source: Source, random: Random) -> tuple[list[Image], list[NDArray[np.float64]]]:
    """Two crops of one target, each with its own place, size and damage, and a common colour."""
    common = color_matrix(random, 0.4)
    if random.random() < 0.1:
        common = np.full((3, 3), 1 / 3)
    flip = bool(random.random() < 0.5)
    crops, shifts = [], []
    for view in source(random):
        shift = random.uniform(-MAX_SHIFT, MAX_SHIFT, 2)
        crop = cut(view, shift, math.exp(random.uniform(-SCALE_JITTER, SCALE_JITTER)), flip=flip)
        crops.append(degrade(crop, color_matrix(random, 0.15) @ common, random))
        shifts.append(shift)
    return crops, shifts


def make_batch(
    sources: list[tuple[float, bool, Source]], teacher: SiamFC, seed: int, number: int
) -> Batch:
    """Batch ``number`` of a run; the same one whenever it is asked for."""
    random = np.random.default_rng([seed, number])
    crops: list[Image] = []
    shifts: list[NDArray[np.float64]] = []
    labelled: list[bool] = []
    for _ in range(PAIRS):
        chosen = random.choice(len(sources), p=[share for share, _, _ in sources])
        _, has_label, source = sources[chosen]
        pair, places = draw_pair(source, random)
        crops += pair
        shifts += places
        labelled += [has_label] * 2
    pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)  # channels last in memory
    with torch.inference_mode():
        target = teacher.backbone(pixels.float()).contiguous()
    return Batch(pixels, torch.from_numpy(np.stack(shifts)), torch.tensor(labelled), target)


def batch_number(seed: int, step: int) -> int:
    """Which batch a step takes: a block of batches several times over, each time shuffled.

    The teacher costs nearly as much as the step itself, so what it said is used ``PASSES`` times.
    """
    lap, place = divmod(step - 1, BLOCK)
    order = np.random.default_rng([seed, lap, 1]).permutation(BLOCK)
    return lap // PASSES * BLOCK + int(order[place])


def batches(make: Callable[[int], Batch], seed: int, first: int, last: int) -> Iterator[Batch]:
    """Batches of the steps ``first`` to ``last``, two of them made ahead on a thread."""
    kept: dict[int, Future[Batch]] = {}
    with ThreadPoolExecutor(1) as pool:
        for step in range(first, last + 1):
            block = batch_number(seed, step) // BLOCK
            kept = {number: batch for number, batch in kept.items() if number // BLOCK >= block}
            for number in (batch_number(seed, step + ahead) for ahead in range(3)):
                if number not in kept:
                    kept[number] = pool.submit(make, number)
            yield kept[batch_number(seed, step)].result()


# --- losses --------------------------------------------------------------------------------------


def template_cells(offsets_N2: Tensor) -> Tensor:
    """First column and row of the 6 x 6 window of cells that is nearest to each target."""
    return (CROP - TEMPLATE) // STRIDE // 2 + torch.round(offsets_N2 / STRIDE).long()


def all_responses(features_ND: Tensor, cells_N2: Tensor) -> Tensor:
    """Response (N crops, N templates, 15, 15) of every crop to the template cut from every crop."""
    templates = [
        feature[:, y : y + WINDOW, x : x + WINDOW]
        for feature, (x, y) in zip(features_ND, cells_N2.tolist(), strict=True)
    ]
    return 1e-3 * F.conv2d(features_ND, torch.stack(templates))


def partner_labels(offsets_N2: Tensor, cells_N2: Tensor) -> Tensor:
    """1 within two cells of where the partner's template belongs, else 0: (N, 15, 15)."""
    partner = torch.arange(len(offsets_N2)) ^ 1
    # The window of a template starts at a whole cell, up to half a cell beside its target.
    place_N2 = cells_N2[partner] + (offsets_N2 - offsets_N2[partner]) / STRIDE
    grid = torch.arange(MAP)
    across = (grid[None, None, :] - place_N2[:, 0, None, None]).abs()
    down = (grid[None, :, None] - place_N2[:, 1, None, None]).abs()
    return (across + down <= 2).float()


def relative_error(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared error over the variance of the teacher: 1 for a constant guess."""
    return (student - teacher).square().mean() / teacher.var()


def balanced_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Logistic loss in which positives and negatives of the batch weigh one half each."""
    positive = labels.sum().clamp(min=1)
    negative = (1 - labels).sum().clamp(min=1)
    weights = 0.5 * (labels / positive + (1 - labels) / negative)
    return F.binary_cross_entropy_with_logits(logits, labels, weights, reduction="sum")


def losses(student: SiamFC, batch: Batch, weights: dict[str, float]) -> dict[str, Tensor]:
    """The parts of the loss, and their weighted sum under "loss"."""
    crops, target = batch.crops_N3SS.float(), batch.target_NDhw
    cells = template_cells(batch.offsets_N2)
    target_maps = all_responses(target, cells)
    features = student.backbone(crops).contiguous()
    maps = all_responses(features, cells)
    index = torch.arange(len(crops))
    partner, known = index ^ 1, batch.labelled_N
    own, own_target = maps[index, partner], target_maps[index, partner]
    parts = {
        "features": relative_error(features, target),
        "responses": relative_error(own, own_target),
        "cross": relative_error(maps, target_maps),
        "labels": balanced_loss(own[known], partner_labels(batch.offsets_N2, cells)[known]),
    }
    return {
        "loss": sum((weights[name] * part for name, part in parts.items()), torch.zeros(())),
        **parts,
    }


# --- the run -------------------------------------------------------------------------------------


def learning_rate(step: int, steps: int) -> float:
    """Warm-up, constant, then a straight line to zero over the last ``COOLDOWN`` of the steps."""
    rise = min(step / WARMUP, 1.0)
    fall = min((steps + 1 - step) / (COOLDOWN * steps), 1.0)
    return LEARNING_RATE * min(rise, fall)


def load_teacher(shared: Path) -> SiamFC:
    """The official FDSiamfc_30 (MIT)."""
    teacher = fdsiamfc_30()
    weights = torch.load(
        shared / "checkpoints/FDSiamfc_30.pth", map_location="cpu", weights_only=True
    )
    teacher.load_state_dict(weights, strict=True)
    folded = fold_batchnorm(teacher).requires_grad_(False)
    return folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside ``path`` and move over it, so that a kill leaves the old or the new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    write(beside)
    beside.replace(path)


def average(mean: nn.Module, model: nn.Module, step: int) -> None:
    """Move the averaged weights (and statistics) towards the present ones."""
    decay = min(EMA, (1 + step) / (10 + step))
    with torch.no_grad():
        for old, new in zip(mean.state_dict().values(), model.state_dict().values(), strict=True):
            if old.is_floating_point():
                old.lerp_(new, 1 - decay)
            else:
                old.copy_(new)


class Log:
    """log.csv, one row each ``LOG_EVERY`` steps, and the same on the terminal."""

    def __init__(self, path: Path, steps: int, *, start: int) -> None:
        self.path, self.steps, self.start, self.began = path, steps, start, time.monotonic()
        self.sums: dict[str, float] = {}
        rows = list(csv.reader(path.open())) if path.exists() and start else []
        kept = [row for row in rows[1:] if int(row[0]) <= start]  # rows after the checkpoint repeat
        self.header = rows[0] if rows else []
        replace_file(path, lambda part: self._write(part, [self.header, *kept] if rows else []))

    @staticmethod
    def _write(path: Path, rows: list[list[str]]) -> None:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)

    def add(self, step: int, parts: dict[str, Tensor]) -> None:
        """Count one step; write a row when it is time."""
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach()) / LOG_EVERY
        if step % LOG_EVERY:
            return
        pace = (step - self.start) / (time.monotonic() - self.began)
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file)
            if not self.header:
                self.header = ["step", *self.sums, "steps_per_second"]
                writer.writerow(self.header)
            writer.writerow(
                [step, *(f"{value:.5f}" for value in self.sums.values()), f"{pace:.3f}"]
            )
        shown = "  ".join(f"{name} {value:.4f}" for name, value in self.sums.items())
        left = (self.steps - step) / pace / 60
        end = "\r" if sys.stdout.isatty() else "\n"
        print(
            f"step {step}/{self.steps}  {shown}  {pace:.2f} steps/s  {left:.0f} min left",
            end=end,
            flush=True,
        )
        self.sums = {}


def freeze_norm(model: nn.Module) -> None:
    """Let batch norm use its running statistics, as it will in use."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def train(args: argparse.Namespace) -> None:
    """Run from the last checkpoint, if there is one, to the last step."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    teacher = load_teacher(args.shared)
    student = feather_fc().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = copy.deepcopy(student)
    optimizer = torch.optim.AdamW(student.parameters(), weight_decay=WEIGHT_DECAY)
    checkpoint, start = args.out / "checkpoint.pt", 0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["seed"] != args.seed:
            raise SystemExit(f"{checkpoint} was made with --seed {state['seed']}, not {args.seed}")
        start = state["step"]
        student.load_state_dict(state["student"])
        mean.load_state_dict(state["mean"])
        optimizer.load_state_dict(state["optimizer"])
    boxed, windows = photographs(args.shared)
    sources = [
        (0.5, True, boxed),
        (0.25, True, sequences(args.shared)),
        (0.1, False, windows),
        (0.15, False, clips(args.shared)),
    ]
    log = Log(args.out / "log.csv", args.steps, start=start)
    student.train()

    def make(number: int) -> Batch:
        return make_batch(sources, teacher, args.seed, number)

    for step, batch in enumerate(batches(make, args.seed, start + 1, args.steps), start + 1):
        if step > (1 - FREEZE_NORM) * args.steps:
            freeze_norm(student)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps)
        parts = losses(student, batch, IMITATE if step <= TURN else FOLLOW_LABELS)
        optimizer.zero_grad()
        parts["loss"].backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average(mean, student, step)
        log.add(step, parts)
        if step % args.snapshot_every == 0 or step == args.steps:
            weights = {name: value.contiguous() for name, value in mean.state_dict().items()}
            replace_file(
                args.out / f"snapshots/{step:06d}.safetensors",
                lambda part, weights=weights: save_file(weights, part),  # type: ignore[misc]
            )
        if step % SAVE_EVERY == 0 or step == args.steps:
            state = {"step": step, "seed": args.seed, "student": student.state_dict()}
            state |= {"mean": mean.state_dict(), "optimizer": optimizer.state_dict()}
            replace_file(checkpoint, lambda part, state=state: torch.save(state, part))  # type: ignore[misc]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True, help="folder of the project's data")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--steps", type=int, default=2800, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=2, help="of torch (default: %(default)s)")
    parser.add_argument("--snapshot-every", type=int, default=250, help="default: %(default)s")
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on from the checkpoint in --out (default: yes)",
    )
    train(parser.parse_args())


if __name__ == "__main__":
    main()
