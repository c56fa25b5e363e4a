"""Small copies of the official layouts, built from their description, not from the readers.

Pictures are real JPEG files of 8x6 pixels. A builder writes the pictures whose numbers it is given
and as many rows of ground truth as it is told; box ``k`` (from 0) of every file is ``box(k)``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

_JPEG = cv2.imencode(".jpg", np.full((6, 8, 3), 90, np.uint8))[1].tobytes()


def box(k: int) -> list[float]:
    return [10 + k, 20 + k / 2, 30, 40]


def boxes(count: int, *, start: int = 0) -> np.ndarray:
    return np.array([box(k) for k in range(start, start + count)])


def lines(count: int, *, separator: str = ",") -> str:
    return "".join(separator.join(f"{v:g}" for v in box(k)) + "\n" for k in range(count))


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def pictures(folder: Path, pattern: str, numbers: Iterable[int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / (pattern % number)).write_bytes(_JPEG)
    return folder


def otb(
    root: Path,
    folder: str,
    numbers: Iterable[int],
    *,
    rows: int,
    truth: str = "groundtruth_rect.txt",
    digits: int = 4,
    separator: str = ",",
) -> Path:
    """``<Seq>/img/%04d.jpg`` and ``<Seq>/groundtruth_rect.txt``."""
    pictures(root / folder / "img", f"%0{digits}d.jpg", numbers)
    return put(root / folder / truth, lines(rows, separator=separator))


def uav(
    root: Path, sequence: str, folder: str, numbers: Iterable[int], *, rows: int, long: bool = False
) -> Path:
    """``data_seq/UAV123/<folder>/%06d.jpg`` and ``anno/UAV123/<seq>.txt``."""
    pictures(root / "data_seq" / "UAV123" / folder, "%06d.jpg", numbers)
    return put(root / "anno" / ("UAV20L" if long else "UAV123") / f"{sequence}.txt", lines(rows))


def tcolor(
    root: Path, folder: str, name: str, numbers: Iterable[int], *, rows: int, span: str
) -> Path:
    """``<seq>/img/%04d.jpg``, ``<seq>/<name>_gt.txt`` and ``<name>_frames.txt``."""
    pictures(root / folder / "img", "%04d.jpg", numbers)
    put(root / folder / f"{name}_frames.txt", f"{span}\n")
    return put(root / folder / f"{name}_gt.txt", lines(rows))


def dtb70(root: Path, name: str, numbers: Iterable[int], *, rows: int) -> Path:
    """``<seq>/img/%05d.jpg`` and ``<seq>/groundtruth_rect.txt``."""
    pictures(root / name / "img", "%05d.jpg", numbers)
    return put(root / name / "groundtruth_rect.txt", lines(rows))


def nfs(root: Path, name: str, fps: int, numbers: Iterable[int], *, rows: int) -> Path:
    """``<seq>/<fps>/<seq>/%05d.jpg`` and VATIC rows in ``<seq>/<fps>/<seq>.txt``."""
    pictures(root / name / str(fps) / name, "%05d.jpg", numbers)
    text = ""
    for k in range(rows):
        x, y, w, h = box(k)
        text += f'0 {x:g} {y:g} {x + w:g} {y + h:g} {k} {int(k == 2)} 0 1 "a ball 7"\n'
    return put(root / name / str(fps) / f"{name}.txt", text)


def lasot(
    root: Path, name: str, count: int, *, hidden: Iterable[int] = (), flat: bool = False
) -> Path:
    """``<class>/<seq>/{img/%08d.jpg, groundtruth.txt, full_occlusion.txt, out_of_view.txt}``."""
    folder = root / name if flat else root / name.rpartition("-")[0] / name
    pictures(folder / "img", "%08d.jpg", range(1, count + 1))
    flags = ["1" if k in set(hidden) else "0" for k in range(count)]
    put(folder / "full_occlusion.txt", ",".join(flags) + "\n")
    put(folder / "out_of_view.txt", ",".join("0" * count) + "\n")
    put(folder / "nlp.txt", "a thing\n")
    return put(folder / "groundtruth.txt", lines(count))


def trackingnet(root: Path, part: str, name: str, count: int, *, rows: int) -> Path:
    """``<part>/frames/<seq>/%d.jpg`` from 0, and ``<part>/anno/<seq>.txt``."""
    pictures(root / part / "frames" / name, "%d.jpg", range(count))
    return put(root / part / "anno" / f"{name}.txt", lines(rows))


META = """[METAINFO]
url: https://example.org/watch?v=1
begin: 00:00:32
end: 00:00:42
anno_fps: 10Hz
object_class: arctic fox
motion_class: walking
major_class: fox
root_class: animal
motion_adverb: slowly
resolution: (1920, 1080)
"""


def got10k(root: Path, split: str, name: str, count: int, *, rows: int) -> Path:
    """``<split>/<seq>/%08d.jpg`` with ground truth, meta information and labels beside."""
    folder = pictures(root / split / name, "%08d.jpg", range(1, count + 1))
    put(folder / "meta_info.ini", META)
    put(folder / "cover.label", "".join(f"{k % 9}\n" for k in range(count)))
    put(folder / "absence.label", "".join(f"{int(k % 9 == 0 and k > 0)}\n" for k in range(count)))
    put(folder / "cut_by_image.label", "0\n" * count)
    listing = root / split / "list.txt"
    names = listing.read_text().split() if listing.is_file() else []
    put(listing, "\n".join([*names, name]) + "\n")
    return put(folder / "groundtruth.txt", lines(rows))


def polygon(k: int) -> list[float]:
    x, y, w, h = box(k)
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def vot(root: Path, name: str, count: int, *, truth: str | None = None, color: bool = True) -> Path:
    """``list.txt``, ``<seq>/color/%08d.jpg`` and 8 numbers a line in ``groundtruth.txt``."""
    folder = root / name
    pictures(folder / "color" if color else folder, "%08d.jpg", range(1, count + 1))
    listing = root / "list.txt"
    names = listing.read_text().split() if listing.is_file() else []
    put(listing, "\n".join([*names, name]) + "\n")
    rows = "".join(",".join(f"{v:g}" for v in polygon(k)) + "\n" for k in range(count))
    return put(folder / "groundtruth.txt", rows if truth is None else truth)


def pysot_json(path: Path, name: str, count: int, **more: object) -> Path:
    """``{seq: {video_dir, init_rect, img_names, gt_rect, attr}}``."""
    records = json.loads(path.read_text()) if path.is_file() else {}
    names = [f"{name}/img/{k + 1:04d}.jpg" for k in range(count)]
    rects = [box(k) for k in range(count)]
    records[name] = {
        "video_dir": name,
        "init_rect": rects[0],
        "img_names": names,
        "gt_rect": rects,
        "attr": ["Occlusion"],
        **more,
    }
    pictures(path.parent / name / "img", "%04d.jpg", range(1, count + 1))
    return put(path, json.dumps(records))
