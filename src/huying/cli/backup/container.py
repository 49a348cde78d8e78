"""The sealed file: a tar of small members, compressed, encrypted with age; written and read as a stream.

For recipients it is an ordinary age file. With a passphrase, age's own slow key stretching would need all of it in
memory; so the file is sealed for a key made for it alone, which stands before it, sealed with the passphrase.
"""

from __future__ import annotations

import base64
import gzip
import io
import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyrage

from huying.kernel.terms import Label, _

PLAIN_HEAD = b"age-encryption.org/"
PASSPHRASE_HEAD = b"huying-backup passphrase 1\n"
LONGEST_HEAD = 4096
LEVEL = 3  # of compression: photos do not shrink, rows do at any level
CHUNK = 1 << 20
SHARED = 0o1000  # in a member's mode: links to it may follow
MOST = 64 << 20  # bytes of one member that is read into memory


class BadBackup(Exception):
    """The file is no backup, is damaged, or the key does not fit; the text says which and what to do."""

    def __init__(self, says: Label) -> None:
        super().__init__(str(says))


class Locks:
    """For whom a backup is sealed: age recipients, or whoever knows a passphrase."""

    def __init__(self, recipients: Sequence[str] = (), passphrase: str = "") -> None:
        self.passphrase = passphrase
        self.recipients: list[Any] = []
        for one in recipients:
            try:
                self.recipients.append(pyrage.x25519.Recipient.from_str(one))
            except pyrage.RecipientError as why:
                raise BadBackup(_("“%(given)s…”不是 age 公钥（以 age1 开头）。请核对。") % {"given": one[:12]}) from why
        if bool(self.recipients) == bool(passphrase):
            raise BadBackup(_("请给出 age 公钥或口令文件，二者选一。"))

    def begin(self, out: BinaryIO) -> list[Any]:
        """Write what stands before the sealed stream; says for whom the stream is sealed."""
        if not self.passphrase:
            return self.recipients
        made = pyrage.x25519.Identity.generate()
        out.write(PASSPHRASE_HEAD)
        out.write(base64.b64encode(pyrage.passphrase.encrypt(str(made).encode(), self.passphrase)) + b"\n")
        return [made.to_public()]


class Keys:
    """What opens a backup: age identities, or the passphrase."""

    def __init__(self, identities: Sequence[str] = (), passphrase: str = "") -> None:
        self.passphrase = passphrase
        self.identities: list[Any] = []
        for one in identities:
            try:
                self.identities.append(pyrage.x25519.Identity.from_str(one))
            except pyrage.IdentityError as why:
                raise BadBackup(_("私钥文件里有一行不是 age 私钥。请核对文件。")) from why
        self._made: list[Any] | None = None

    def begin(self, file: BinaryIO) -> list[Any]:
        """Read what stands before the sealed stream; says what opens it."""
        head = file.read(len(PASSPHRASE_HEAD))
        if head.startswith(PLAIN_HEAD):
            file.seek(0)
            if not self.identities:
                raise BadBackup(_("这份备份是用公钥加密的，请用 --identity 给出私钥文件。"))
            return self.identities
        if head != PASSPHRASE_HEAD:
            raise BadBackup(_("这不是呼应的备份文件，或者开头已经损坏。"))
        line = file.readline(LONGEST_HEAD)
        if not self.passphrase:
            raise BadBackup(_("这份备份是用口令加密的，请用 --passphrase-file 给出口令文件。"))
        if self._made is None:
            try:
                sealed = base64.b64decode(line.strip(), validate=True)
                self._made = [
                    pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(sealed, self.passphrase).decode())
                ]
            except (pyrage.DecryptError, ValueError) as why:
                raise BadBackup(_("口令不对，或者备份文件的开头已经损坏。")) from why
        return self._made


class Writer:
    """Adds members to the sealed file."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, data: bytes) -> None:
        self.stream(name, io.BytesIO(data), len(data))

    def stream(self, name: str, source: IO[bytes], size: int, *, shared: bool = False) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600 | (SHARED if shared else 0)
        self._tar.addfile(info, source)

    def link(self, name: str, to: str) -> None:
        """The same bytes under one more name."""
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = tarfile.LNKTYPE, to, 0o600
        self._tar.addfile(info)


@contextmanager
def writing(path: Path, locks: Locks) -> Iterator[Writer]:
    """A new sealed file, readable by this account alone; it appears under its name only when it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            recipients = locks.begin(out)
            with _piped(lambda source: pyrage.encrypt_io(source, out, recipients)) as plain:
                packed = gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=LEVEL, mtime=0)
                with packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar:
                    yield Writer(tar)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, path)  # never over a file that is there
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _piped(work: Callable[[BinaryIO], object]) -> Iterator[BinaryIO]:
    """What is written goes through `work` in a thread of its own; its failure is raised here."""
    reading, writing_end = os.pipe()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(reading, "rb", buffering=CHUNK) as source:
                work(source)
        except BaseException as why:  # told to the other side
            failed.append(why)

    thread = threading.Thread(target=run, name="seal-backup", daemon=True)
    thread.start()
    try:
        with os.fdopen(writing_end, "wb", buffering=CHUNK) as plain:
            yield plain
    except BrokenPipeError:
        thread.join()
        raise failed[0] if failed else RuntimeError("the sealing ended early") from None
    finally:
        thread.join()
    if failed:
        raise failed[0]


class Member:
    """One member as it comes by; its bytes can be read once."""

    def __init__(self, info: tarfile.TarInfo, source: IO[bytes] | None) -> None:
        self.name = info.name
        self.size = info.size
        self.link = info.linkname if info.islnk() else ""
        self.shared = bool(info.mode & SHARED)
        self._source = source

    def read(self) -> bytes:
        if self.size > MOST or self._source is None:
            raise BadBackup(_("备份里有一段大得不像话，没有读。"))
        return self._source.read()

    def pieces(self) -> Iterator[bytes]:
        while self._source is not None and (piece := self._source.read(CHUNK)):
            yield piece


def members(path: Path, keys: Keys) -> Iterator[Member]:
    """All members in their order, read to the very end: a file that was cut or changed is found out."""
    try:
        file = path.open("rb")
    except OSError as why:
        raise BadBackup(_("打不开 %(file)s（%(why)s）。") % {"file": path, "why": why.strerror or ""}) from why
    with file:
        identities = keys.begin(file)
        reading, writing_end = os.pipe()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                with os.fdopen(writing_end, "wb", buffering=CHUNK) as plain:
                    pyrage.decrypt_io(file, plain, identities)
            except BaseException as why:
                failed.append(why)

        thread = threading.Thread(target=run, name="open-backup", daemon=True)
        thread.start()
        broken: Exception | None = None
        try:
            with os.fdopen(reading, "rb", buffering=CHUNK) as plain, gzip.GzipFile(fileobj=plain, mode="rb") as packed:
                try:
                    with tarfile.open(fileobj=packed, mode="r|", bufsize=CHUNK) as tar:
                        for info in tar:
                            if not (info.isreg() or info.islnk()):
                                raise BadBackup(_("备份里有不认识的内容，没有恢复。"))
                            yield Member(info, tar.extractfile(info) if info.isreg() else None)
                    while packed.read(CHUNK):
                        pass
                except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as why:
                    broken = why
        finally:
            with suppress(OSError):
                thread.join()
        if failed:
            raise _why(failed[0]) from failed[0]
        if broken is not None:
            raise BadBackup(_("备份文件不完整或已损坏，什么都没有恢复。请换一份备份。")) from broken


def _why(failed: BaseException) -> BadBackup:
    if isinstance(failed, pyrage.DecryptError) and "matching" in str(failed):
        return BadBackup(_("私钥打不开这份备份。请换成备份时所用公钥对应的私钥。"))
    return BadBackup(_("备份文件不完整或已损坏，什么都没有恢复。请换一份备份。"))


def new_identity() -> tuple[str, str]:
    """A fresh pair: the identity to keep apart, and the recipient to seal for."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def text_lines(path: Path) -> list[str]:
    """The lines of a key file without comments."""
    try:
        written = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as why:
        raise BadBackup(_("读不出 %(file)s。") % {"file": path}) from why
    return [line.strip() for line in written if line.strip() and not line.startswith("#")]


def passphrase_in(path: Path) -> str:
    """The first line of a passphrase file."""
    found = text_lines(path)
    if not found or len(found[0]) < 12:
        raise BadBackup(_("口令至少要 12 个字符，写在文件的第一行。"))
    return found[0]
