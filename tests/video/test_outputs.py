"""What ``--output [FORMAT:]PATH`` means."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.video.opening import open_source
from feathertrack.video.outputs import OutputSpec, check_outputs, parse_output
from tests.video.numbered_clips import write_pictures


@pytest.mark.parametrize(
    ("text", "format", "path"),
    [
        ("out.mp4", "mp4", "out.mp4"),
        ("out.MOV", "mov", "out.MOV"),
        ("a/out.mkv", "mkv", "a/out.mkv"),
        ("boxes.csv", "csv", "boxes.csv"),
        ("boxes.jsonl", "jsonl", "boxes.jsonl"),
        ("boxes.xml", "cvat", "boxes.xml"),
        ("frames/", "png", "frames"),
        ("frames", "png", "frames"),
        ("run.v2/", "png", "run.v2"),
        ("mot:x.txt", "mot", "x.txt"),
        ("OTB:x.txt", "otb", "x.txt"),
        ("coco:x", "coco", "x"),
        ("mp4:x.bin", "mp4", "x.bin"),
        ("png:x.png", "png", "x.png"),
        (r"C:\clips\x.csv", "csv", r"C:\clips\x.csv"),
        (r"mot:C:\clips\x.txt", "mot", r"C:\clips\x.txt"),
        ("C:/clips/", "png", "C:/clips"),
        ("12:30.csv", "csv", "12:30.csv"),
        ("a/12:30/x.csv", "csv", "a/12:30/x.csv"),
        ("csv:odd:name.csv", "csv", "odd:name.csv"),
        ("./odd:name.csv", "csv", "odd:name.csv"),
    ],
)
def test_the_suffix_decides_where_it_can(text: str, format: str, path: str) -> None:
    assert parse_output(text) == OutputSpec(format, Path(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x.txt", r"several formats: write otb:x.txt or got10k:x.txt or mot:x.txt"),
        ("x.json", r"several formats: write json:x.json or coco:x.json or labelstudio:x.json"),
        ("x.avi", r"unknown suffix '.avi': use one of .mp4, .mov, .mkv, .csv, .*.xml"),
        ("x.png", r"unknown suffix '.png'.*a folder for PNG files"),
        ("cocco:x.json", r"unknown output format 'cocco' .* did you mean coco\?"),
        ("yolo:x.txt", r"unknown output format 'yolo' .* the formats are mp4"),
        ("mot:", "names no path"),
        ("", "names no path"),
        ("  ", "names no path"),
        ("a\0b.csv", "names no path"),
    ],
)
def test_what_cannot_be_understood_lists_the_choices(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_output(text)


def test_one_file_is_written_once(in_tmp: Path) -> None:
    specs = [parse_output("a.csv"), parse_output("jsonl:./sub/../a.csv")]
    with pytest.raises(InputError, match="both write"):
        check_outputs(specs)
    same = parse_output("a.csv")
    with pytest.raises(InputError, match="both write"):
        check_outputs([same, same])


def test_the_times_of_got10k_count_as_a_file(in_tmp: Path) -> None:
    with pytest.raises(InputError, match=r"both write seq_time\.txt"):
        check_outputs([parse_output("got10k:seq_001.txt"), parse_output("otb:seq_time.txt")])


def test_the_source_is_not_overwritten(in_tmp: Path) -> None:
    with pytest.raises(InputError, match="is the source itself"):
        check_outputs([parse_output("clip.mp4")], source=in_tmp / "clip.mp4")


@pytest.mark.parametrize(
    "output", ["in/", "png:in", "in/sub/..", "csv:in/b.png", "got10k:in/b.png"]
)
def test_pictures_of_the_source_are_not_overwritten(in_tmp: Path, output: str) -> None:
    write_pictures(in_tmp / "in/sub", ["c.png"])
    write_pictures(in_tmp / "in", ["a.png", "b.png"])
    for spec in (in_tmp / "in", str(in_tmp / "in/*.png"), [Path("in/b.png")]):
        with open_source(spec) as source, pytest.raises(InputError, match="source"):
            check_outputs([parse_output(output)], source=source.info.path, files=source.info.files)


def test_pictures_in_a_folder_of_a_sequence_are_not_overwritten(in_tmp: Path) -> None:
    write_pictures(in_tmp / "Ball/img", ["0001.png"])
    with open_source("Ball") as source, pytest.raises(InputError, match="pictures of the source"):
        check_outputs([parse_output("Ball/img/")], files=source.info.files)


def test_different_files_are_fine(in_tmp: Path) -> None:
    check_outputs([parse_output("a.csv"), parse_output("a.mp4"), parse_output("frames/")])
