"""Small training sets in their official layouts, built from the description, not from the readers.

Pictures are real files of 64x48 pixels; box ``k`` of every sequence is ``box(k)``, 0-based.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

SIZE = (64, 48)
_GREY = np.full((48, 64, 3), 90, np.uint8)
JPEG = cv2.imencode(".jpg", _GREY)[1].tobytes()


def box(k: int) -> tuple[float, float, float, float]:
    return 10 + k, 5 + k / 2, 20, 22


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pictures(folder: Path, names: Iterable[str]) -> Path:
    for name in names:
        put(folder / name, JPEG)
    return folder


def rows(count: int, *, origin: int = 0) -> str:
    shifted = ((x + origin, y + origin, w, h) for x, y, w, h in map(box, range(count)))
    return "".join(",".join(f"{v:g}" for v in one) + "\n" for one in shifted)


def got10k(root: Path, *, sequences: int = 2, frames: int = 4, split: str = "train") -> Path:
    for number in range(1, sequences + 1):
        folder = root / split / f"GOT-10k_{split.title()}_{number:06d}"
        pictures(folder, (f"{n:08d}.jpg" for n in range(1, frames + 1)))
        put(folder / "groundtruth.txt", rows(frames))
        put(folder / "absence.label", "0\n" * (frames - 1) + "1\n")
        put(folder / "cover.label", "8\n" * (frames - 2) + "1\n0\n")
        put(
            folder / "meta_info.ini",
            "[METAINFO]\nobject_class: bear\nresolution: (64, 48)\nanno_fps: 10Hz\n",
        )
    return root


def lasot(root: Path, *, names: Iterable[str] = ("airplane-2", "airplane-1")) -> Path:
    for name in names:
        folder = root / name.rpartition("-")[0] / name
        pictures(folder / "img", (f"{n:08d}.jpg" for n in range(1, 4)))
        put(folder / "groundtruth.txt", rows(3, origin=1))
        put(folder / "full_occlusion.txt", "0,1,0")
        put(folder / "out_of_view.txt", "0,0,1")
    return root


def trackingnet(root: Path, *, parts: Iterable[int] = (0, 11)) -> Path:
    for part in parts:
        put(root / f"TRAIN_{part}" / "anno" / "video_0.txt", rows(3, origin=1))
        pictures(root / f"TRAIN_{part}" / "frames" / "video_0", ("0.jpg", "1.jpg", "2.jpg"))
    return root


def pascal(objects: Iterable[Mapping[str, object]], *, size: tuple[int, int] = SIZE) -> str:
    texts = []
    for one in objects:
        x, y, w, h = one["box"]  # type: ignore[misc]
        track = f"<trackid>{one['track']}</trackid>" if "track" in one else ""
        texts.append(
            f"<object>{track}<name>{one['name']}</name><bndbox><xmax>{x + w}</xmax><xmin>{x}</xmin>"
            f"<ymax>{y + h}</ymax><ymin>{y}</ymin></bndbox><occluded>1</occluded></object>"
        )
    return (
        "<annotation><folder>f</folder><source><database>d</database></source>"
        f"<size><width>{size[0]}</width><height>{size[1]}</height></size>{''.join(texts)}"
        "</annotation>"
    )


def vid(root: Path) -> Path:
    """A training snippet with two tracks, one of which leaves and comes back; one of val."""
    train = "VID/train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000"
    for number in range(4):
        objects = [{"track": 0, "name": "n02510455", "box": box(number)}]
        if number != 1:
            objects.append({"track": 7, "name": "n02374451", "box": box(number)})
        put(root / "Annotations" / train / f"{number:06d}.xml", pascal(objects))
        put(root / "Data" / train / f"{number:06d}.JPEG", JPEG)
    val = "VID/val/ILSVRC2015_val_00000000"
    put(root / "Annotations" / val / "000000.xml", pascal([]))
    put(root / "Data" / val / "000000.JPEG", JPEG)
    return root


def det(root: Path) -> Path:
    folder = "DET/train/ILSVRC2014_train_0000"
    two = [{"name": "n02084071", "box": box(0)}, {"name": "n00007846", "box": box(3)}]
    put(root / "Annotations" / folder / "a.xml", pascal(two))
    pictures(root / "Data" / folder, ("a.JPEG", "negative.JPEG"))
    return root


def coco_json(
    names: Iterable[str], boxes: Iterable[tuple[int, object]], **more: object
) -> dict[str, object]:
    """Images by name, annotations as (place of the image, bbox)."""
    images = [
        {"id": 100 + n, "file_name": name, "width": 64, "height": 48}
        for n, name in enumerate(names)
    ]
    annotations = [
        {"id": n, "image_id": 100 + place, "bbox": one, "category_id": 18, "iscrowd": 0}
        for n, (place, one) in enumerate(boxes)
    ]
    return {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 18, "name": "dog"}],
        **more,
    }


def coco(root: Path, *, split: str = "train2017") -> Path:
    names = ["000000000009.jpg", "000000000025.jpg"]
    content = coco_json(names, [(0, [*box(0)]), (0, [*box(1)]), (1, [*box(2)])])
    put(root / "annotations" / f"instances_{split}.json", json.dumps(content))
    pictures(root / split, names)
    return root


def youtubebb(root: Path, *, present: str = "present") -> Path:
    lines = [f"AAA,{time},4,bus,0,{present},0.25,0.5,0.125,0.625\n" for time in (1000, 2000, 3000)]
    put(root / "yt_bb_detection_train.csv", "".join(lines))
    pictures(root / "yt_bb_detection_train" / "bus" / "AAA", ("AAA_1000.jpg", "AAA_2000.jpg"))
    return root


def davis(root: Path) -> Path:
    """Two objects in the palette's first colours, red (128, 0, 0) and green (0, 128, 0)."""
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[5:15, 10:30] = (128, 0, 0)
    mask[20:40, 40:50] = (0, 128, 0)
    png = cv2.imencode(".png", mask[..., ::-1])[1].tobytes()
    for number in range(2):
        put(root / "JPEGImages" / "480p" / "bear" / f"{number:05d}.jpg", JPEG)
        put(root / "Annotations" / "480p" / "bear" / f"{number:05d}.png", png)
    put(root / "ImageSets" / "2017" / "train.txt", "bear\n")
    put(root / "ImageSets" / "2017" / "val.txt", "camel\n")
    return root


def own(root: Path, *, names: Iterable[str] = ("a/dog", "b/cat")) -> Path:
    for name in names:
        pictures(root / name / "img", (f"{n:04d}.jpg" for n in range(1, 4)))
        put(root / name / "groundtruth_rect.txt", rows(3, origin=1))
    return root
