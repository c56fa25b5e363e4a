from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.data.composing.catalogue import NOT_LICENSED, WITHOUT_MASK, open_catalogue
from feathertrack.data.composing.outlines import (
    area,
    border_share,
    can_be_cut_out,
    polygons_of,
    suits_target,
)
from feathertrack.data.licences import folder_licences
from feathertrack.errors import InputError, SourceError
from tests.data.composing.photographs import disc, write_photographs


def test_it_holds_photographs_objects_and_where_they_come_from(tmp_path: Path) -> None:
    found = open_catalogue(write_photographs(tmp_path, backgrounds=2, without_mask=[3]))
    assert (len(found.pictures), found.num_scenes, len(found.targets)) == (8, 2, 5)
    first, last = found.pictures[0], found.pictures[-1]
    assert (first.source, first.licence, first.size_wh) == ("even", "CC0, drawn here", (200, 150))
    assert (last.name, last.source, last.licence) == ("backgrounds/1.png", "backgrounds", "MIT")
    assert [(one.reason, one.count) for one in found.problems] == [(WITHOUT_MASK, 1)]
    assert found.of_category["disc"].tolist() == [0, 1, 2, 3, 4]


def test_photographs_that_nobody_licensed_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    root = write_photographs(tmp_path, licensed=False)
    with pytest.raises(SourceError, match=f"--all takes .*{NOT_LICENSED} 6"):
        open_catalogue(root)
    assert len(open_catalogue(root, unlicensed=True).targets) == 6


def test_a_licence_of_the_json_comes_before_that_of_the_folder(tmp_path: Path) -> None:
    path = write_photographs(tmp_path) / "a.json"
    content = json.loads(path.read_text())
    content["licenses"] = [{"id": 4, "name": "CC BY", "url": "https://example.org"}, "broken"]
    content["images"][0]["license"] = 4
    path.write_text(json.dumps(content))
    licences = [one.licence for one in open_catalogue(path).pictures]
    assert licences[:2] == ["CC BY https://example.org", "CC0, drawn here"]


def test_sources_are_chosen_by_name(tmp_path: Path) -> None:
    root = write_photographs(tmp_path)
    assert {one.source for one in open_catalogue(root, sources=["odd"]).pictures} == {"odd"}
    with pytest.raises(InputError, match="no photograph has the source 'ood'; there are"):
        open_catalogue(root, sources=["ood"])


def test_missing_photographs_are_counted_with_an_example(tmp_path: Path) -> None:
    root = write_photographs(tmp_path)
    (root / "photos" / "2.png").unlink()
    found = open_catalogue(root)
    assert len(found.pictures) == 5
    assert [(one.reason, one.example) for one in found.problems] == [
        ("picture missing", "photos/2.png")
    ]


def test_a_folder_needs_one_json_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        open_catalogue(tmp_path / "none")
    with pytest.raises(InputError, match="and has none"):
        open_catalogue(tmp_path)
    (write_photographs(tmp_path) / "b.json").write_text((tmp_path / "a.json").read_text())
    with pytest.raises(InputError, match=r"several \(a.json, b.json\)"):
        open_catalogue(tmp_path)


def test_odds_do_not_depend_on_hash_seeds_and_end_at_one(tmp_path: Path) -> None:
    found = open_catalogue(write_photographs(tmp_path, backgrounds=1))
    assert found.target_odds[-1] == found.scene_odds[-1] == 1.0
    assert (np.diff(found.scene_odds) > 0).all()
    assert found.digest == open_catalogue(tmp_path).digest


@pytest.mark.parametrize(
    "value",
    [None, "text", {"counts": [1]}, [[1, 2, 3]], [[0, 0, 1, "x", 2, 2]], [[0, 0, 1e9, 1, 2, 2]]],
)
def test_segmentations_that_are_no_polygons_are_none(value: object) -> None:
    assert polygons_of(value, width=10, height=10) == ()


def test_an_object_that_goes_on_beyond_the_picture_is_no_target() -> None:
    whole = polygons_of([disc((60, 60))], width=120, height=120)
    cut = polygons_of([disc((10, 60))], width=120, height=120)
    assert border_share(whole, width=120, height=120) == 0
    assert border_share(cut, width=120, height=120) > 0.2
    assert suits_target(whole, width=120, height=120)
    assert not suits_target(cut, width=120, height=120)
    assert area(whole) == pytest.approx(np.pi * 900, rel=0.01)


def test_thin_long_and_tiny_objects_are_no_targets() -> None:
    def fits(points: list[float]) -> bool:
        return suits_target(polygons_of([points], width=500, height=500), width=500, height=500)

    assert fits([100, 100, 160, 100, 160, 160, 100, 160])
    assert not fits([100, 100, 400, 100, 400, 130, 100, 130])  # long
    assert not fits([100, 100, 200, 198, 200, 200, 100, 102])  # thin
    assert not fits([100, 100, 110, 100, 110, 110, 100, 110])  # tiny
    assert not can_be_cut_out(polygons_of([[1, 1, 9, 1, 9, 9]], width=500, height=500))


def test_tables_without_a_column_of_licences_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "SOURCES.md"
    assert folder_licences(path) == {}
    path.write_text(
        "| folder | images |\n|---|---|\n| a | 3 |\n\n| folder | licence |\n| b | MIT |"
    )
    assert folder_licences(path) == {"b": "MIT"}
