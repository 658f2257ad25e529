"""The manifest says what made a generation, and lets nothing of it change unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthsearch.corpus import SourceFile
from healthsearch.draft import Draft
from healthsearch.errors import HealthSearchError, UnreadableArticle
from healthsearch.in_use import open_generation
from healthsearch.index_folder import Pointer
from healthsearch.manifest import FORMAT, rules
from tests.folders import flip, in_use, reseal, snapshot
from tests.generations import ENCODER, add, publish, served


def test_no_byte_of_a_manifest_can_change_unseen(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    file = in_use(tmp_path) / "manifest.json"
    whole = file.read_bytes()
    for place in range(0, len(whole), 5):
        flip(file, place)
        generation, fault = served(tmp_path)
        assert (generation, fault and fault.place) == (before, str(file)), place
        file.write_bytes(whole)


def test_an_index_of_another_format_says_which(tmp_path: Path) -> None:
    before = publish(tmp_path, "One.")
    publish(tmp_path, "Two.")
    reseal(tmp_path, lambda manifest: manifest.update(format=FORMAT + 1))
    generation, fault = served(tmp_path)
    assert generation == before
    assert fault is not None
    assert fault.cause == f"the index has format {FORMAT + 1}, and this version reads format {FORMAT}"
    assert fault.remedy == "Build it again: python build_index.py"


def test_another_format_may_have_other_files_and_names(tmp_path: Path) -> None:
    folder = tmp_path / "generations" / "of-the-future"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"format": 7}', encoding="utf-8")
    Pointer("of-the-future", None, "2030-01-01").write(tmp_path)
    with pytest.raises(HealthSearchError, match=f"has format 7, and this version reads format {FORMAT}"):
        open_generation(tmp_path)


def test_the_manifest_names_what_made_it(tmp_path: Path) -> None:
    with Draft(tmp_path, ENCODER) as draft:
        add(draft, "One. Two.")
        draft.skip(SourceFile("bad.md", "d", 3), UnreadableArticle("bad.md", "it is bad", "Mend it."))
        name = draft.publish().name
    manifest = json.loads((in_use(tmp_path) / "manifest.json").read_text(encoding="utf-8"))
    assert {rule: manifest[rule] for rule in rules()} == rules()
    assert set(rules()) == {"format", "reading", "splitting", "passage_tokens", "analysis"}
    assert manifest["encoder"] == {
        "name": "keywords",
        "digest": "digest of the encoder",
        "passage_digest": "digest of its passages",
        "dimension": 3,
        "limit": 64,
        "precision": "float32",
    }
    assert manifest["skipped"] == {"bad.md": {"digest": "d", "problems": [["bad.md", "it is bad", "Mend it."]]}}
    assert manifest["counts"] == {"articles": 1, "passages": 2, "sentences": 2, "words": 4, "article_words": 2}
    files = [file for file, content in snapshot(in_use(tmp_path)).items() if content is not None]
    assert sorted(manifest["files"]) == [file for file in files if file != "manifest.json"]
    assert in_use(tmp_path).name == name
