"""The run store: a folder of records, append-only, safe for many writers and for kills.

A record is two files, ``<key>.json`` and ``<key>-<hash>.npz``, in a folder named by the
key's first two digits. Each is written under a temporary name, flushed to the disk, and
linked to its name, which fails if the name exists; the JSON comes last and names the hash
of its arrays. So a record that has its JSON is whole, whenever a writer was stopped and
however many write at once, and is never overwritten.
"""

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from mnistlib import records
from mnistlib.errors import StoreError
from mnistlib.records import RunRecord

_LEFT_BEHIND_SECONDS = 3600


class Store:
    """A folder of run records; it is made when the first record is written.

    Args:
        folder: where the records lie.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)

    def _path(self, key: str, suffix: str) -> Path:
        if len(key) != 16 or not set(key) <= set("0123456789abcdef"):
            raise StoreError(
                f"a key must be 16 hexadecimal digits. Received: key={key!r}; "
                "`mnistlib runs list` shows those there are"
            )
        return self.folder / key[:2] / f"{key}{suffix}"

    def _arrays_path(self, key: str, sha256: str) -> Path:
        return self._path(key, f"-{sha256[:12]}.npz")

    def __contains__(self, key: str) -> bool:
        return self._path(key, ".json").is_file()

    def keys(self) -> list[str]:
        """Return the keys of all records, sorted."""
        return sorted(path.stem for path in self.folder.glob("[0-9a-f][0-9a-f]/*.json"))

    def get(self, key: str) -> RunRecord:
        """Return one record without its arrays.

        Raises:
            StoreError: there is none, or it is broken.
        """
        return self._read(key)[0]

    def _read(self, key: str) -> tuple[RunRecord, str]:
        path = self._path(key, ".json")
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise StoreError(
                f"there is no record {key} in {self.folder}; `mnistlib runs list` shows "
                "those there are"
            ) from None
        except OSError as error:
            raise StoreError(f"record {key} cannot be read: {error}") from None
        return records.decode(text, key)

    def with_arrays(self, key: str) -> RunRecord:
        """Return one record with its predictions, confidence and test index.

        Raises:
            StoreError: there is none, or it is broken.
        """
        record, sha256 = self._read(key)
        try:
            packed = self._arrays_path(key, sha256).read_bytes()
        except OSError as error:
            raise StoreError(
                f"arrays of record {key} cannot be read ({error}): remove it with "
                f"`mnistlib runs prune {key}`; its run is then trained again"
            ) from None
        return replace(record, **records.decode_arrays(packed, key, sha256))

    def put(self, record: RunRecord) -> bool:
        """Write a record unless one of this key is there.

        Returns:
            True when it was written, False when the store had it already.

        Raises:
            StoreError: the folder cannot be written or the disk is full; nothing half
                written is left.
        """
        if record.key in self:
            return False
        text, packed, sha256 = records.encode(record)
        try:
            self._write(self._arrays_path(record.key, sha256), packed)
            return self._write(self._path(record.key, ".json"), text)
        except OSError as error:
            raise StoreError(
                f"record {record.key} cannot be written to {self.folder}: "
                f"{error.strerror}. "
                "Free some space or choose another folder with MNISTLIB_RUNS"
            ) from None

    @staticmethod
    def _write(path: Path, content: bytes) -> bool:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
            return True
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)

    def lock(self, key: str) -> FileLock:
        """Return the lock that a process holds while it trains this run.

        The system lets go of it when the process ends, however it ends.

        Raises:
            StoreError: the folder cannot be written.
        """
        folder = self.folder / ".locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the run store must be a folder that can be written. Received: "
                f"{self.folder} ({error.strerror}); choose another with MNISTLIB_RUNS"
            ) from None
        return FileLock(folder / f"{key}.lock")

    def records(self) -> Iterator[RunRecord]:
        """Yield every record without its arrays, by key.

        Raises:
            StoreError: at the first broken one.
        """
        return (self.get(key) for key in self.keys())

    def verify(self) -> dict[str, str]:
        """Read every record and its arrays; return what is wrong, by key."""
        problems = {}
        for key in self.keys():
            try:
                record = self.with_arrays(key)
                if record.spec.key(record.data["sha256"]) != key:
                    training = record.code["training_version"]
                    problems[key] = f"made by training version {training}, not this one"
                elif len(record.predictions) != record.test["n_examples"]:
                    problems[key] = "the number of predictions is not that of test images"
            except StoreError as error:
                problems[key] = str(error)
        return problems

    def prune(self, keys: list[str]) -> int:
        """Remove records, the JSON first; also what stopped writers left an hour ago.

        Returns:
            The number of records removed.
        """
        removed = 0
        for key in keys:
            path = self._path(key, ".json")
            with self.lock(key):  # not while another process trains and stores it
                removed += path.is_file()
                path.unlink(missing_ok=True)
                for arrays in path.parent.glob(f"{key}-*.npz"):
                    arrays.unlink(missing_ok=True)
        for rest in self._left_behind():
            rest.unlink(missing_ok=True)
        return removed

    def _left_behind(self) -> Iterator[Path]:
        """Yield temporary files, and arrays without a record, that no live writer owns."""
        before = time.time() - _LEFT_BEHIND_SECONDS
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            orphan = path.suffix == ".npz" and path.stem.split("-")[0] not in self
            try:
                old = path.stat().st_mtime < before
            except FileNotFoundError:  # its writer was quicker
                continue
            if old and (path.suffix == ".tmp" or orphan):
                yield path
