"""The C library, as taximeter.h describes it."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path

ABI_VERSION = 1


class EventStruct(Structure):
    _fields_ = [
        ("started_at", c_int64), ("completed_at", c_int64), ("cache_hit", c_int64), ("cache_miss", c_int64),
        ("cache_write", c_int64), ("cache_write_1h", c_int64), ("output", c_int64), ("requests", c_int64),
        ("account", c_uint32), ("model", c_uint32), ("channel", c_uint32), ("service_tier", c_uint32),
    ]


class OptionsStruct(Structure):
    _fields_ = [
        ("size", c_size_t), ("spool_byte_limit", c_int64), ("flush_interval", c_int64), ("group_commit", c_int64),
        ("wait_for_room", c_int64), ("durability_deadline", c_int64), ("buffered_events", c_int64),
        ("name_limit", c_int64),
    ]


class CountsStruct(Structure):
    _fields_ = [("accepted", c_int64), ("refused", c_int64), ("durable", c_int64)]


_TEXT = [c_char_p, c_size_t]
_ANSWER = [c_char_p, c_size_t, POINTER(c_size_t)]
# The event as bytes: taximeter/__init__.py packs them.
_RECORD = [c_void_p, c_char_p, *_TEXT]
_NAME = [c_void_p, *_TEXT, POINTER(c_uint32)]

_SIGNATURES = {
    "taximeter_abi_version": (c_int32, []),
    "taximeter_version": (c_char_p, []),
    "taximeter_code_name": (c_char_p, [c_int32]),
    "taximeter_last_error": (c_size_t, _TEXT),
    "taximeter_store_open": (c_int32, [*_TEXT, POINTER(c_void_p)]),
    "taximeter_store_close": (None, [c_void_p]),
    "taximeter_balance": (c_int32, [c_void_p, *_TEXT, *_ANSWER]),
    "taximeter_reserve": (c_int32, [c_void_p, *_TEXT, *_TEXT, *_TEXT, *_TEXT, c_int64, *_ANSWER]),
    "taximeter_settle": (c_int32, [c_void_p, *_TEXT, *_TEXT, *_TEXT, *_TEXT, *_ANSWER]),
    "taximeter_options_default": (None, [POINTER(OptionsStruct)]),
    "taximeter_meter_open": (c_int32, [c_char_p, c_void_p, POINTER(OptionsStruct), POINTER(c_void_p)]),
    "taximeter_account": (c_int32, _NAME),
    "taximeter_model": (c_int32, _NAME),
    "taximeter_channel": (c_int32, _NAME),
    "taximeter_service_tier": (c_int32, _NAME),
    "taximeter_record": (c_int32, _RECORD),
    "taximeter_record_durably": (c_int32, _RECORD),
    "taximeter_record_reversal": (c_int32, _RECORD),
    "taximeter_record_batch": (
        c_int32, [c_void_p, c_void_p, c_size_t, c_char_p, c_void_p, c_void_p, POINTER(c_size_t)]),
    "taximeter_flush": (c_int32, [c_void_p, c_int64]),
    "taximeter_meter_counts": (c_int32, [c_void_p, POINTER(CountsStruct)]),
    "taximeter_meter_close": (c_int32, [c_void_p, c_int64]),
    "taximeter_quoter_open": (c_int32, [*_TEXT, POINTER(c_void_p)]),
    "taximeter_quote": (c_int32, [c_void_p, *_TEXT, *_ANSWER]),
    "taximeter_quoter_close": (None, [c_void_p]),
}


class TaximeterError(Exception):
    """A call that failed: ``code`` is a name of taximeter.h, such as ``"full"``; the text says why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _load() -> ctypes.CDLL:
    # The wheel brings the library; TAXIMETER_LIBRARY names another, and the loader knows one that is installed.
    own = Path(__file__).parent / "lib" / "libtaximeter.so"
    path = os.environ.get("TAXIMETER_LIBRARY") or (str(own) if own.exists() else "libtaximeter.so")
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"libtaximeter cannot be loaded from {path}: {error}; TAXIMETER_LIBRARY names its file") from error
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    found = library.taximeter_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"{path} has ABI {found}; this module needs {ABI_VERSION}")
    return library


library = _load()
BUFFER_TOO_SMALL = 13


def check(code: int) -> None:
    """Raises what a call that returned this code failed with."""
    if code != 0:
        buffer = ctypes.create_string_buffer(4096)
        library.taximeter_last_error(buffer, len(buffer))
        name = library.taximeter_code_name(code).decode()
        raise TaximeterError(name, buffer.value.decode("utf-8", "replace"))


def answer(function, *arguments) -> bytes:
    """What a call writes to a buffer, however long it is."""
    size, needed = 4096, c_size_t()
    while True:
        buffer = ctypes.create_string_buffer(size)
        code = function(*arguments, buffer, size, byref(needed))
        if code != BUFFER_TOO_SMALL:
            check(code)
            return buffer.raw[: needed.value]
        size = needed.value + 1
