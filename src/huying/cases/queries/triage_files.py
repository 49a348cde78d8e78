"""Files of learned models: `<data>/files/triage/<id>.model`, so that they go into backups with the other files.

A file is read only where its hash is the one that its row vouches for; reading it runs nothing that stands in it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from huying.files import storage
from huying.kernel.late import late
from huying.triage import model
from huying.triage.features import codes_of, counted

if TYPE_CHECKING:
    import numpy as np
else:
    np = late("numpy")


def path_of(model_id: UUID) -> Path:
    return storage.root() / "triage" / f"{model_id}.model"


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(model_id: UUID, sha256: str) -> model.Model:
    """The model, mapped read-only. OSError where the file is gone, BadModel where it is not the one vouched for."""
    path = path_of(model_id)
    if hash_of(path) != sha256:
        raise model.BadModel
    return model.read(path)


def known_share(learned: model.Model, words: str) -> float:
    """How much of a call (of its runs of characters) the model met when it learned; 1 where nothing is said."""
    keys, _counts = counted(codes_of(words))
    return round(float(np.isin(keys, learned.keys).mean()), 4) if len(keys) else 1.0
