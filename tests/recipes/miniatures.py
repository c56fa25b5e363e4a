"""All training sets that recipes name, in their official layouts and of a few pictures each."""

from __future__ import annotations

import json
from pathlib import Path

from tests.data import training_sets as sets


def miniatures(root: Path) -> Path:
    """Fill a folder with one folder for each reader, and with the folders of the small recipes."""
    sets.vid(root / "vid")
    sets.det(root / "det")
    sets.coco(root / "coco")
    sets.youtubebb(root / "youtubebb")
    sets.lasot(root / "lasot")
    sets.got10k(root / "got10k")
    sets.own(root / "sequences/train", names=("a/dog", "b/cat"))
    folds = {"fit": ["dog", "cat"], "dev": ["cat"]}
    sets.put(root / "sequences/folds.json", json.dumps(folds))
    about = [{"name": name, "permissive": True} for name in folds["fit"]]
    sets.put(root / "sequences/manifest.json", json.dumps(about))
    names = ["1.jpg", "2.jpg"]
    content = sets.coco_json(names, [(0, [*sets.box(0)]), (1, [*sets.box(1)])])
    sets.put(root / "images/instances.json", json.dumps(content))
    sets.pictures(root / "images", names)
    return root
