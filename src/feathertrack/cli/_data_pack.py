"""``feathertrack data pack NAME ROOT --output DIR``: crops of a training set in few files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from feathertrack.cli._options import Flag
from feathertrack.cli._terminal import megabytes, progress, remark
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.data.packing import Fault, PackReport


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Crop the targets of a training set into few files, to train fast.

    Killed at any time, the same command goes on where it was.

    Train from it with the reader packed.

    Examples:
      feathertrack data pack got10k ~/GOT-10k --output ~/packs/got10k --side 255
      feathertrack data pack coco ~/coco --output ~/packs/coco --processes 8

    Attributes:
        name: The layout of the set, as got10k, lasot, coco, vid or folder.
        root: Its folder.
        output: Folder of the pack.
        split: The part of the set, as it calls it; for folder a list of names, as folds.json:fit.
        side: Side of the crops in pixels; 127 of them show a target with its context. 255 is enough
            for SiamFC, 511 for SiamRPN and what came after.
        quality: Of the jpg files, 1 to 100.
        frames: Which boxes are used: those that are visible, or those that FDSiamFC's rules keep.
        processes: How many work at once.
        check: When the pack is finished, compare every crop with its checksum, and decode it; the
            exit status is 1 where one is damaged.
        lines: How many problems to print.
        json: Print JSON instead of text.
    """

    name: Positional[Annotated[str, arg(metavar="NAME")]]

    root: Positional[Annotated[Path, arg(metavar="ROOT")]]

    output: Annotated[Path, arg(metavar="DIR")]

    split: Annotated[str, arg(metavar="SPLIT")] = "train"

    side: Annotated[int, arg(metavar="PIXELS")] = 511

    quality: Annotated[int, arg(metavar="N")] = 90

    frames: Literal["visible", "fdsiamfc"] = "visible"

    processes: Annotated[int, arg(metavar="N")] = 1

    check: Flag = False

    lines: Annotated[int, arg(metavar="N")] = 20

    json: Flag = False

    def run(self) -> int:
        """Pack, or go on; check if asked; return 1 where a crop is damaged."""
        from feathertrack.data.packing import write_pack
        from feathertrack.data.settings import SetSettings
        from feathertrack.data.sources import CROPPED, IndexedSource, open_source

        if self.name in CROPPED:
            raise InputError(f"{self.name} holds crops already: train from it as it is")
        source = open_source(
            SetSettings(reader=self.name, root=str(self.root), split=self.split, frames=self.frames)
        )
        assert isinstance(source, IndexedSource), "crops were refused above"
        report = write_pack(
            source,
            self.output,
            side=self.side,
            quality=self.quality,
            processes=self.processes,
            progress=lambda crops, total: progress(crops, total=total, name="packing"),
        )
        faults = self._check(report) if self.check else None
        if self.json:
            print(json.dumps(_as_json(report, faults), indent=1))
        else:
            self._print(report, faults)
        return 1 if faults else 0

    def _check(self, report: PackReport) -> list[Fault]:
        from feathertrack.data.packing import check_pack

        faults: list[Fault] = []

        def crops() -> Iterator[int]:
            for count, found in check_pack(self.output, processes=self.processes):
                faults.extend(found)
                yield from range(count)

        for _ in progress(crops(), total=report.about.crops, name="checking"):
            pass
        return faults

    def _print(self, report: PackReport, faults: list[Fault] | None) -> None:
        about = report.about
        size = sum(about.shards)
        print(
            f"{self.output}: {about.crops:,} crops of {about.settings.side} pixels, "
            f"{about.tracks:,} tracks, {about.videos:,} videos, {megabytes(size)} in "
            f"{len(about.shards)} shards"
        )
        if not report.crops_written:
            remark("it was complete already")
        if about.unreadable:
            print(f"{about.unreadable:,} crops are left out: their pictures cannot be read")
            for text in about.examples[: max(self.lines, 0)]:
                print(f"  {text}")
        if faults is not None:
            print(f"{len(faults):,} crops are damaged" if faults else "every crop is as written")
            for fault in faults[: max(self.lines, 0)]:
                print(f"  {fault.crop}: {fault.text}")


def _as_json(report: PackReport, faults: list[Fault] | None) -> dict[str, object]:
    content: dict[str, object] = json.loads(report.about.text())
    content["crops_written"] = report.crops_written
    if faults is not None:
        content["damaged"] = [{"crop": fault.crop, "problem": fault.text} for fault in faults]
    return content
