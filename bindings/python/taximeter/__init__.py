"""Taximeter: counts the tokens of LLM requests, each exactly once, and prices them exactly.

    import taximeter

    with taximeter.Meter("/var/lib/llm/spool") as meter:
        meter.record("acme", "deepseek-reasoner", request_id="req-7f3a", cache_hit=1024, cache_miss=310, output=842)

``record`` is synchronous and does not wait for a disk or a database: it may be called from asyncio and from any thread.
After a fork a child opens a meter of its own, with a spool folder of its own.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import struct
import time
from ctypes import byref, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Iterable, Iterator, Optional, Sequence

from ._library import CountsStruct, EventStruct, OptionsStruct, TaximeterError, answer, check, library

__all__ = ["Counts", "Meter", "Quoter", "Store", "TaximeterError", "version", "worker_folder"]


def version() -> str:
    """The library's version."""
    return library.taximeter_version().decode()


@dataclass(frozen=True)
class Counts:
    """What became of the events of a meter."""

    accepted: int
    refused: int
    durable: int


class Store:
    """A database, by its PostgreSQL connection string. Connects when first used."""

    def __init__(self, database_url: str) -> None:
        self._handle = c_void_p()
        url = database_url.encode()
        check(library.taximeter_store_open(url, len(url), byref(self._handle)))

    def balance(self, account: str) -> Optional[dict[str, Any]]:
        """What an account can spend, amounts as ``Decimal``; None for one without credits and charges."""
        name = account.encode()
        found = json.loads(answer(library.taximeter_balance, self._handle, name, len(name)))
        if found is None:
            return None
        amounts = ("credits", "unbilled", "reserved", "available")
        return {key: Decimal(value) if key in amounts else value for key, value in found.items()}

    def reserve(self, account: str, id: str, amount: Decimal | str, currency: str, seconds: float) -> dict[str, Any]:
        """Holds the most that a request may cost. ``["answer"]`` is ``reserved``, ``insufficient``, ``limit_reached`` or
        ``conflict``."""
        texts = _texts(account, id, _decimal(amount), currency)
        return json.loads(answer(library.taximeter_reserve, self._handle, *texts, int(seconds * 1000)))

    def settle(self, account: str, id: str, amount: Decimal | str, currency: str) -> dict[str, Any]:
        """Says what the request has cost. ``["answer"]`` is ``settled``, ``unknown`` or ``conflict``."""
        return json.loads(answer(library.taximeter_settle, self._handle, *_texts(account, id, _decimal(amount), currency)))

    def close(self) -> None:
        """Closes its connections; after the meters that ship to it."""
        library.taximeter_store_close(self._handle)
        self._handle = c_void_p()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decimal(amount: Decimal | str) -> str:
    # A float has lost the amount already.
    if isinstance(amount, Decimal):
        return format(amount, "f")
    if isinstance(amount, str):
        return amount
    raise TypeError(f"an amount is a Decimal or a str, not {type(amount).__name__}")


def _texts(*texts: str) -> Iterator[Any]:
    for text in texts:
        encoded = text.encode()
        yield encoded
        yield len(encoded)


# An event as EventStruct has it, the four numbers as one text: packed, it costs half of what a ctypes.Structure does.
_EVENT = struct.Struct("=8q16s")
_NUMBERS = struct.Struct("=4I")


def _wrong(*values: Any) -> Exception:
    """What struct found wrong with an event's counts and instants."""
    for value in values:
        if not isinstance(value, int):
            return TypeError(f"a count or an instant is an int, not {type(value).__name__}")
    return TaximeterError("invalid_event", "a count or an instant does not fit in 64 bits")


def worker_folder(folder: str) -> str:
    """A spool folder in ``folder`` that no other process has: for workers that a server forks, each its own.

    The folders are numbered, and one that a dead worker has left is given to the next: what is in it is shipped from there.
    """
    os.makedirs(folder, exist_ok=True)
    number = 0
    while True:
        lock = os.open(os.path.join(folder, f"worker-{number}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            number += 1
        else:
            _worker_locks.append(lock)  # held until the process ends
            return os.path.join(folder, f"worker-{number}")


_worker_locks: list[int] = []


class Meter:
    """Records requests to a spool folder, and ships them to a store where there is one.

    ``wait_for_room`` seconds are waited when all buffers are full; 0 refuses at once. Times of the options are in seconds.
    """

    def __init__(
        self, folder: str, store: Optional[Store] = None, *, spool_byte_limit: Optional[int] = None,
        flush_interval: Optional[float] = None, group_commit: Optional[float] = None,
        wait_for_room: Optional[float] = None, durability_deadline: Optional[float] = None,
        buffered_events: Optional[int] = None, name_limit: Optional[int] = None,
    ) -> None:
        options = OptionsStruct()
        library.taximeter_options_default(byref(options))
        for key, value, factor in (
            ("spool_byte_limit", spool_byte_limit, 1), ("flush_interval", flush_interval, 1_000),
            ("group_commit", group_commit, 1_000_000), ("wait_for_room", wait_for_room, 1_000),
            ("durability_deadline", durability_deadline, 1_000), ("buffered_events", buffered_events, 1),
            ("name_limit", name_limit, 1),
        ):
            if value is not None:
                setattr(options, key, int(value * factor))
        self._handle = c_void_p()
        self._store = store  # lives as long as the meter ships to it
        check(
            library.taximeter_meter_open(
                folder.encode(), store._handle if store else None, byref(options), byref(self._handle)))
        self._numbers: dict[tuple[str, str, str, str], bytes] = {}
        self._record = library.taximeter_record

    def numbers(
        self, account: str, model: str, channel: str = "api", service_tier: str = "standard"
    ) -> tuple[int, int, int, int]:
        """The numbers of four names, for :meth:`record_batch`."""
        first, second, third, fourth = _NUMBERS.unpack(self._packed((account, model, channel, service_tier)))
        return first, second, third, fourth

    def _packed(self, names: tuple[str, str, str, str]) -> bytes:
        known = self._numbers.get(names)
        if known is not None:
            return known
        functions = (
            library.taximeter_account, library.taximeter_model, library.taximeter_channel, library.taximeter_service_tier)
        found = []
        for function, name in zip(functions, names):
            number, text = c_uint32(), name.encode()
            check(function(self._handle, text, len(text), byref(number)))
            found.append(number.value)
        packed = self._numbers[names] = _NUMBERS.pack(*found)
        return packed

    def record(
        self, account: str, model: str, *, request_id: Optional[str] = None, channel: str = "api",
        service_tier: str = "standard", cache_hit: int = 0, cache_miss: int = 0, cache_write: int = 0,
        cache_write_1h: int = 0, output: int = 0, started_at: Optional[int] = None, completed_at: Optional[int] = None,
        durably: bool = False,
    ) -> None:
        """Records a finished request. Classes are disjoint: ``cache_miss`` is without the hits.

        Instants are microseconds since 1970 UTC; without ``completed_at`` it is now. With ``durably`` it returns once the
        event is on the disk.

        :raises TaximeterError: Then it was not recorded, unless ``code`` is ``"unconfirmed"``.
        """
        if completed_at is None:
            completed_at = time.time_ns() // 1_000
        if started_at is None:
            started_at = completed_at
        names = (account, model, channel, service_tier)
        numbers = self._numbers.get(names) or self._packed(names)
        try:
            event = _EVENT.pack(
                started_at, completed_at, cache_hit, cache_miss, cache_write, cache_write_1h, output, 1, numbers)
        except struct.error:
            raise _wrong(
                started_at, completed_at, cache_hit, cache_miss, cache_write, cache_write_1h, output) from None
        function = library.taximeter_record_durably if durably else self._record
        if request_id is None:
            code = function(self._handle, event, None, 0)
        else:
            text = request_id.encode()
            code = function(self._handle, event, text, len(text))
        if code:
            check(code)

    def reverse(
        self, account: str, model: str, *, request_id: str, started_at: int, completed_at: int, channel: str = "api",
        service_tier: str = "standard", cache_hit: int = 0, cache_miss: int = 0, cache_write: int = 0,
        cache_write_1h: int = 0, output: int = 0,
    ) -> None:
        """Undoes a request that was recorded before: everything is the original's."""
        numbers = self._packed((account, model, channel, service_tier))
        try:
            event = _EVENT.pack(
                started_at, completed_at, cache_hit, cache_miss, cache_write, cache_write_1h, output, 1, numbers)
        except struct.error:
            raise _wrong(
                started_at, completed_at, cache_hit, cache_miss, cache_write, cache_write_1h, output) from None
        text = request_id.encode()
        check(library.taximeter_record_reversal(self._handle, event, text, len(text)))

    def record_batch(self, events: Any, request_ids: Optional[Sequence[str]] = None) -> list[int]:
        """Records many requests: ``events`` is an array of :data:`event_type`, or a numpy array of :func:`numpy_dtype`.

        :returns: The code of each event, 0 for one that was recorded.
        """
        count = len(events)
        address = events.ctypes.data if hasattr(events, "ctypes") else ctypes.addressof(events)
        codes, accepted = (ctypes.c_int32 * count)(), c_size_t()
        ids, ends = None, None
        if request_ids is not None:
            encoded = [text.encode() for text in request_ids]
            if len(encoded) != count:
                raise ValueError(f"{count} events have {len(encoded)} request ids")
            ends = (c_size_t * count)()
            end = 0
            for place, text in enumerate(encoded):
                end += len(text)
                ends[place] = end
            ids = b"".join(encoded)
        library.taximeter_record_batch(self._handle, address, count, ids, ends, codes, byref(accepted))
        return [0] * count if accepted.value == count else list(codes)

    def flush(self, seconds: float = 30) -> None:
        """Returns once everything that was recorded before is on the disk."""
        check(library.taximeter_flush(self._handle, int(seconds * 1000)))

    @property
    def counts(self) -> Counts:
        """What became of the events so far."""
        counts = CountsStruct()
        check(library.taximeter_meter_counts(self._handle, byref(counts)))
        return Counts(counts.accepted, counts.refused, counts.durable)

    def close(self, seconds: float = 10) -> None:
        """Writes what was recorded and ships for so many seconds at most; the rest goes with the folder's next opening."""
        handle, self._handle = self._handle, c_void_p()
        if handle:
            check(library.taximeter_meter_close(handle, int(seconds * 1000)))

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: The layout of an event: ``(event_type * n)()`` is an array for :meth:`Meter.record_batch`.
event_type = EventStruct


def numpy_dtype() -> Any:
    """The layout of an event as a numpy dtype."""
    import numpy

    return numpy.dtype([(name, {8: "<i8", 4: "<u4"}[ctypes.sizeof(kind)]) for name, kind in EventStruct._fields_])


class Quoter:
    """Prices requests by a price book, as bills do."""

    def __init__(self, price_book: str) -> None:
        self._handle = c_void_p()
        text = price_book.encode()
        check(library.taximeter_quoter_open(text, len(text), byref(self._handle)))

    def quote(self, cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """A result for each case, in order; amounts are decimal strings. ``docs/quoting.md`` has the keys of both."""
        text = "".join(json.dumps(case) + "\n" for case in cases).encode()
        return [json.loads(line) for line in answer(library.taximeter_quote, self._handle, text, len(text)).splitlines()]

    def close(self) -> None:
        """Frees it."""
        library.taximeter_quoter_close(self._handle)
        self._handle = c_void_p()

    def __enter__(self) -> Quoter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
