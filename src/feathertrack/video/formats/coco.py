"""COCO-video (CocoVID): COCO's images and annotations with videos, video_id, frame_id, instance_id.

Frames count from 0, ``bbox`` is x, y, w, h from 0. Every tracked frame has an image; where the
target is absent or lost, the image has no annotation. ``score`` and ``state`` are keys of ours.
TAO's names for the same are read too: ``track_id`` and ``frame_index``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feathertrack.video.formats.boxformat import BoxFormat, BoxText, Numbered, ReadOptions, Rows
from feathertrack.video.formats.jsonl import decode_box, decode_state, parse
from feathertrack.video.records import ClipInfo, TrackRow


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    video = {"id": 1, "name": clip.name, "width": clip.width, "height": clip.height}
    yield f'{{"videos": [{json.dumps(video)}],\n'
    yield f'"categories": [{json.dumps({"id": 1, "name": clip.label})}],\n"images": ['
    yield from _joined(_image(row, number, clip) for number, row in enumerate(rows, start=1))
    yield '],\n"annotations": ['
    visible = ((number, row) for number, row in enumerate(rows, start=1) if row.visible)
    yield from _joined(
        _annotation(row, image, number) for number, (image, row) in enumerate(visible, start=1)
    )
    yield "]}\n"


def _joined(records: Iterator[dict[str, object]]) -> Iterator[str]:
    for number, record in enumerate(records):
        yield (",\n" if number else "\n") + json.dumps(record, allow_nan=False)


def _image(row: TrackRow, number: int, clip: ClipInfo) -> dict[str, object]:
    return {
        "id": number,
        "video_id": 1,
        "frame_id": row.frame,
        "file_name": row.name or f"{Path(clip.name).stem}/{row.frame:06d}.jpg",
        "width": clip.width,
        "height": clip.height,
    }


def _annotation(row: TrackRow, image: int, number: int) -> dict[str, object]:
    assert row.box is not None, "only visible rows are annotated"
    record: dict[str, object] = {
        "id": number,
        "image_id": image,
        "video_id": 1,
        "category_id": 1,
        "instance_id": 1,
        "bbox": row.box,
        "area": row.box[2] * row.box[3],
        "iscrowd": 0,
    }
    if row.score is not None:
        record["score"] = row.score
    if row.state is not None:
        record["state"] = row.state
    return record


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    document = parse(text, text.text)
    if not isinstance(document, dict):
        raise text.error("expected an object with images and annotations")
    images = {
        text.integer(image.get("id"), what="image id"): image
        for image in _records(text, document, "images")
    }
    if len({str(image.get("video_id", 1)) for image in images.values()}) > 1:
        raise text.error("there are several videos in it: split them")
    targets: dict[str, dict[int, dict[str, Any]]] = {}
    for annotation in _records(text, document, "annotations"):
        image_id = text.integer(annotation.get("image_id"), what="image_id")
        if image_id not in images:
            raise text.error(f"an annotation names the image {image_id}, which is not in it")
        target = targets.setdefault(
            str(annotation.get("instance_id", annotation.get("track_id", 1))), {}
        )
        if target.setdefault(image_id, annotation) is not annotation:
            raise text.error(f"image {image_id} has two boxes of one target")
    annotations = text.pick(targets, wanted=options.target) if targets else {}
    for image_id, image in images.items():
        yield _row(text, image, annotations.get(image_id))


def _records(text: BoxText, document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    records = document.get(key)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise text.error(f"expected the list {key} of objects")
    return records


def _row(text: BoxText, image: dict[str, Any], annotation: dict[str, Any] | None) -> Numbered:
    frame = text.integer(image.get("frame_id", image.get("frame_index")), what="frame_id")
    if annotation is None:
        return text.row(frame, None, state="lost")
    score = annotation.get("score")
    return text.row(
        frame,
        decode_box(text, annotation.get("bbox")),
        score=None if score is None else text.number(score, what="score"),
        state=decode_state(text, annotation.get("state")),
    )


FORMAT = BoxFormat(name="coco", suffix=".json", encode=_encode, decode=_decode, by_frame=True)
