"""The run store: a folder of records, append-only, safe for many writers and for kills.

A record is ``<key>.json`` and, for a tested run, ``<key>-<hash>.npz``, in a folder named by
the key's first two digits. Each is written under a temporary name, flushed to the disk, and
only then given its name, which fails if the JSON's name exists; the JSON comes last and
names the hash of its arrays. So a record that has its JSON is whole, whenever a writer was
stopped and however many write at once, and is never overwritten.

Nothing here asks what time it is: who may write or tidy up is decided by locks, which the
system lets go of when their process ends.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from mnistlib.ground.errors import StoreError
from mnistlib.ground.files import write_whole
from mnistlib.runs import codec
from mnistlib.runs.codec import BrokenRecord, OtherVersion
from mnistlib.runs.states import State, judge
from mnistlib.training.record import RunRecord

# What file systems answer that have no hard links (FAT, some network and FUSE ones).
_NO_HARD_LINKS = {
    errno.EPERM,
    errno.EACCES,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EMLINK,
}


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
        try:
            return stat.S_ISREG(os.stat(self._path(key, ".json")).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the run store must be a folder that can be read. Received: {self.folder} "
            f"({error.strerror}); choose another with MNISTLIB_RUNS"
        )

    def keys(self) -> list[str]:
        """Return the keys of all records, sorted.

        Raises:
            StoreError: the folder cannot be read.
        """
        try:
            os.listdir(self.folder)  # `glob` would pass over a folder it may not read
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(error) from None
        # Copies that a file manager leaves beside a record have other names.
        found = (path.stem for path in self.folder.glob("[0-9a-f][0-9a-f]/*.json"))
        return sorted(key for key in found if re.fullmatch("[0-9a-f]{16}", key))

    def get(self, key: str) -> RunRecord:
        """Return one record without its arrays.

        Raises:
            StoreError: there is none, or it is broken.
        """
        return self._read(key)[0]

    def _read(self, key: str) -> tuple[RunRecord, str | None]:
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
        return codec.decode(text, key)

    def with_arrays(self, key: str) -> RunRecord:
        """Return one record with its predictions, probabilities and test index.

        They are None for a run that was not tested.

        Raises:
            StoreError: there is none, or it is broken.
        """
        record, sha256 = self._read(key)
        if sha256 is None:
            return record
        try:
            packed = self._arrays_path(key, sha256).read_bytes()
        except FileNotFoundError:
            raise BrokenRecord(f"arrays of record {key} are gone", key) from None
        except OSError as error:
            raise StoreError(f"arrays of record {key} cannot be read: {error}") from None
        return replace(record, **codec.decode_arrays(packed, key, sha256))

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
        text, packed, sha256 = codec.encode(record)
        path = self._path(record.key, ".json")
        arrays = self._arrays_path(record.key, sha256) if sha256 else None
        with self.lock(record.key):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # Named by their content, so a file of this name has the same bytes, or is
                # damaged and better replaced.
                if arrays:
                    write_whole(arrays, packed, os.replace)
                try:
                    write_whole(path, text, _name_once)
                except FileExistsError:
                    return False
                _flush_folder(path.parent)
                return True
            except OSError as error:
                if arrays and record.key not in self:
                    with suppress(OSError):  # without its JSON it only takes room
                        arrays.unlink()
                raise StoreError(
                    f"record {record.key} cannot be written to {self.folder}: "
                    f"{error.strerror}. "
                    "Free some space or choose another folder with MNISTLIB_RUNS"
                ) from None

    @contextmanager
    def lock(self, key: str, timeout: float = -1) -> Iterator[None]:
        """Hold the lock of a run, as a process does while it trains and stores it.

        A thread that has it may take it again. The system lets go of it when the process
        ends, however it ends.

        Args:
            key: the run's key, or any name.
            timeout: seconds to wait for another process; below 0 without end.

        Raises:
            StoreError: the folder cannot be written.
            Timeout: another process has it.
        """
        folder = self.folder / ".locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{key}.lock", is_singleton=True)
            lock.acquire(timeout=timeout)
        except Timeout:
            raise
        except OSError as error:
            raise StoreError(
                f"the run store must be a folder that can be written. Received: "
                f"{self.folder} ({error.strerror}); choose another with MNISTLIB_RUNS"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def records(self) -> Iterator[RunRecord]:
        """Yield the records of this version, without their arrays, by key.

        Those that an older or a newer mnistlib wrote in a way of its own are left out.

        Raises:
            StoreError: at the first that cannot be read.
        """
        for key in self.keys():
            with suppress(OtherVersion):
                yield self.get(key)

    def states(self) -> dict[str, State]:
        """Read every record and its arrays; return what is to be said of each, by key."""
        return {key: judge(self, key) for key in self.keys()}

    def verify(self) -> dict[str, str]:
        """Read every record and its arrays; return what is wrong with those not whole."""
        states = self.states().items()
        return {key: state.text for key, state in states if state.is_wrong}

    def prune(self, keys: list[str]) -> int:
        """Remove records, the JSON first; also what stopped writers left.

        Returns:
            The number of records removed.

        Raises:
            StoreError: the folder cannot be written.
        """
        removed = 0
        try:
            for key in keys:
                path = self._path(key, ".json")
                with self.lock(key):  # not while another process trains and stores it
                    removed += path.is_file()
                    path.unlink(missing_ok=True)
                    for arrays in path.parent.glob(f"{key}-*.npz"):
                        arrays.unlink(missing_ok=True)
            self._tidy()
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be pruned: {error.strerror}; make it writable"
            ) from None
        return removed

    def _tidy(self) -> None:
        """Remove temporary files, and arrays that no record names, of stopped writers.

        Whoever writes a record holds its lock, so what lies there while nobody does was
        left behind.
        """
        found: dict[str, list[Path]] = {}
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if match := re.fullmatch(r"\.?([0-9a-f]{16})[.-].*(\.tmp|\.npz)", path.name):
                found.setdefault(match[1], []).append(path)
        for key, paths in found.items():
            if not [path for path in paths if path.suffix == ".tmp"] and self._named(paths):
                continue
            try:
                with self.lock(key, timeout=0):
                    for path in paths:
                        if path.suffix == ".tmp" or not self._named([path]):
                            path.unlink(missing_ok=True)
            except Timeout:  # its writer is alive
                continue

    def _named(self, arrays: list[Path]) -> bool:
        """Tell whether these are the arrays that their record names, and no others."""
        key = arrays[0].name[:16]
        if key not in self:
            return False
        try:
            sha256 = self._read(key)[1]
        except StoreError:  # what cannot be read keeps its arrays until it is pruned itself
            return True
        return sha256 is not None and arrays == [self._arrays_path(key, sha256)]


def _name_once(temporary: Path, path: Path) -> None:
    """Give a file its name, or raise FileExistsError; the caller holds the key's lock."""
    try:
        os.link(temporary, path)  # refuses an existing name even where locks do not work
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, "exists", str(path)) from None
        os.rename(temporary, path)


def _flush_folder(folder: Path) -> None:
    """Make new names outlast a power failure, where a folder can be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
