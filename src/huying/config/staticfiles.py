"""Static files as `huying serve` gives them out: hashed names, compressed, collected into the data folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage

MANIFEST = "staticfiles.json"
STAMP = ".collected"


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc, unused-ignore]
    """A name that is missing in the manifest is given out as it is, so that no page breaks over a picture."""

    manifest_strict = False


def collect(target: Path, version: str) -> bool:
    """Collect all static files into `target`, if one of them has changed since the last time."""
    from django.contrib.staticfiles.finders import get_finders

    sources = [(path, storage) for finder in get_finders() for path, storage in finder.list([])]
    digest = hashlib.sha256(version.encode())
    for path, storage in sources:
        found = Path(storage.path(path)).stat()
        digest.update(f"{path}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    stamp = target / STAMP
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest.hexdigest():
        return False
    draft = target.with_name(f"{target.name}.draft-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    hashed = HashedFiles(location=str(draft))
    kept = {}
    for path, storage in sources:
        if path not in kept:  # as everywhere, the first of two with one name counts
            with storage.open(path) as file:
                hashed.save(path, file)
            kept[path] = (hashed, path)
    for _name, _hashed_name, processed in hashed.post_process(kept):
        if isinstance(processed, Exception):
            raise processed
    (draft / STAMP).write_text(digest.hexdigest(), encoding="ascii")
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    return True
