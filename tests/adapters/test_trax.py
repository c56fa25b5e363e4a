"""TraX, our server and our client talking to each other; the real toolkit is a slow test."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from feathertrack.errors import FeathertrackError, InputError, MissingExtra
from feathertrack.trackers import trax as client
from feathertrack.trackers import trax_session
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.naming import parse_tracker_name
from feathertrack.trackers.picture_book import book

SERVE = "-m feathertrack vot serve --tracker tests.adapters.trackers_of_tests:Mover"
ONLY_PATHS = """
import trax
server = trax.Server([trax.Region.POLYGON], [trax.Image.PATH], ["color"], multiobject=False)
while (request := server.wait()).type != "quit":
    path = request.image["color"].path()
    if request.type == "initialize":
        region = list(request.objects)[0][0]
        answer = [region.get(i) for i in range(region.size())]
        server.status([(trax.Polygon.create(answer), {})])
    else:
        assert open(path, "rb").read(4) == bytes([137]) + b"PNG"
        server.status([(trax.Polygon.create([(1, 2), (5, 2), (5, 9)]), {"confidence": 0.5})])
"""


@pytest.fixture
def _trax() -> None:
    pytest.importorskip("trax")


@pytest.fixture
def _repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])


def python(code: str) -> str:
    return f"trax:{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def test_a_command_is_the_name_of_a_tracker() -> None:
    name = parse_tracker_name("trax:python mine.py --size 3@2")
    assert (name.kind, name.target, name.preset) == ("program", "python mine.py --size 3@2", "")
    with pytest.raises(InputError, match="names no program"):
        parse_tracker_name("trax: ")


def test_without_vot_trax_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"feathertrack\[vot\]"):
        create_tracker("trax:anything")


@pytest.mark.usefixtures("_trax", "_repository")
def test_client_and_server_agree() -> None:
    frames = book(seed=0)
    tracker = create_tracker(f"trax:{shlex.quote(sys.executable)} {SERVE}")
    for _ in range(2):  # the second target starts the program anew
        tracker.init(frames[0], (90.25, 66, 48, 40))
        boxes = [tracker.update(frame).box for frame in frames[1:3]]
        np.testing.assert_allclose(boxes, [[93.25, 68, 48, 40], [96.25, 70, 48, 40]])
    result = tracker.update(frames[3])
    assert (result.score, result.state) == (0.75, "tracking")
    process = tracker.session.process  # type: ignore[attr-defined]
    tracker.close()  # type: ignore[attr-defined]
    assert process.poll() is not None
    with pytest.raises(InputError, match="call init"):
        tracker.update(frames[0])


@pytest.mark.usefixtures("_trax", "_repository")
def test_by_a_socket_as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trax_session, "_BY_SOCKET", True)
    frames = book(seed=0)
    tracker = create_tracker(f"trax:{shlex.quote(sys.executable)} {SERVE}")
    tracker.init(frames[0], (90, 66, 48, 40))
    assert tracker.update(frames[1]).box.tolist() == [93, 68, 48, 40]


@pytest.mark.usefixtures("_trax")
def test_a_program_that_takes_paths_and_polygons() -> None:
    frames = book(seed=0)
    tracker = create_tracker(python(ONLY_PATHS))
    tracker.init(frames[0], (90, 66, 48, 40))
    result = tracker.update(frames[1])
    assert (result.box.tolist(), result.score) == ([1, 2, 4, 7], 0.5)
    files = list(Path(tracker.session.folder.name).glob("*.png"))  # type: ignore[attr-defined]
    assert len(files) == 1


@pytest.mark.usefixtures("_trax")
def test_programs_that_fail_are_one_sentence() -> None:
    frame = book(seed=0)[0]
    box = (90, 66, 48, 40)
    with pytest.raises(InputError, match="'no_such_program' cannot be started"):
        create_tracker("trax:no_such_program").init(frame, box)
    with pytest.raises(FeathertrackError, match="did not start: out of memory"):
        create_tracker(python("import sys; sys.exit('out of memory')")).init(frame, box)
    slow = create_tracker(python("import time; time.sleep(60)"))
    slow.timeout = 1.0  # type: ignore[attr-defined]
    with pytest.raises(FeathertrackError, match="no answer within 1 s"):
        slow.init(frame, box)


@pytest.mark.usefixtures("_trax")
def test_regions_of_every_kind_have_bounds() -> None:
    import trax

    mask = np.zeros((9, 9), np.uint8)
    mask[3:6, 2:8] = 1
    box = np.array([2.0, 3.0, 6.0, 3.0])
    for region in (
        trax.Rectangle.create(2, 3, 6, 3),
        trax.Polygon.create([(2, 3), (8, 3), (8, 6), (2, 6)]),
        trax.Mask.create(mask),
        client.region_of(trax, box, ["mask"], (9, 9, 3)),
    ):
        assert client.bounds(region).tolist() == box.tolist()  # type: ignore[union-attr]
    for region in (trax.Special.create(0), trax.Rectangle.create(2, 3, 0, 3)):
        assert client.bounds(region) is None
    assert client.bounds(trax.Mask.create(np.zeros((4, 4), np.uint8))) is None
