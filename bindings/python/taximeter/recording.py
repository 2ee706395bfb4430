"""What the adapters of serving stacks have in common: a usage becomes an event, or somebody is told why not."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Optional

from . import Meter, TaximeterError
from .usage import UsageError, tokens

__all__ = ["Recorder", "Request", "Unmetered"]


@dataclass(frozen=True)
class Request:
    """Whose request it was, which, and when; instants are microseconds since 1970 UTC."""

    account: Optional[str]
    model: Optional[str]
    request_id: Optional[str]
    started_at: int
    completed_at: int
    channel: str = "api"
    service_tier: str = "standard"


@dataclass(frozen=True)
class Unmetered:
    """A request that was served and is in no bill: somebody has to know."""

    request: Request
    reason: str
    usage: Any


def _log(unmetered: Unmetered) -> None:
    request = unmetered.request
    logging.getLogger("taximeter").error(
        "request %s of account %s, model %s, was not metered: %s; its usage: %s", request.request_id, request.account,
        request.model, unmetered.reason, unmetered.usage)


class Recorder:
    """Records usages with a meter, and counts what became of the requests in ``outcomes``.

    ``on_unmetered`` is told of each request that was served and not metered; it logs an error when none is given.
    """

    def __init__(
        self, meter: Meter, *, durably: bool = False, on_unmetered: Optional[Callable[[Unmetered], None]] = None
    ) -> None:
        self._meter, self._durably, self._on_unmetered = meter, durably, on_unmetered or _log
        self._lock = threading.Lock()
        self._outcomes: Counter[str] = Counter()

    @property
    def outcomes(self) -> dict[str, int]:
        """How many requests had which outcome; ``docs/python.md`` lists them."""
        with self._lock:
            return dict(self._outcomes)

    def count(self, outcome: str) -> None:
        """Counts an outcome that leaves no event."""
        with self._lock:
            self._outcomes[outcome] += 1

    def unmetered(self, request: Request, reason: str, usage: Any = None) -> None:
        """Tells of a request that was served and cannot be metered."""
        self.count("unmetered")
        self._on_unmetered(Unmetered(request, reason, usage))

    def record(self, request: Request, usage: Any, outcome: str = "metered") -> None:
        """Records a request. Raises nothing, so that no response suffers for its bill: ``on_unmetered`` is told."""
        try:
            if usage is None:
                raise UsageError("usage", None, "a usage in the response")
            if request.account is None:
                raise UsageError("account", None, "an account for the request")
            if request.model is None:
                raise UsageError("model", None, "a model in the response")
            counts = tokens(usage)
            self._meter.record(
                request.account, request.model, request_id=request.request_id, channel=request.channel,
                service_tier=request.service_tier, started_at=min(request.started_at, request.completed_at),
                completed_at=request.completed_at, durably=self._durably, **vars(counts))
        except Exception as error:
            if isinstance(error, TaximeterError) and error.code == "unconfirmed":
                self.count("unconfirmed")  # recorded, and not known to be on the disk yet
            else:
                self.unmetered(request, str(error) if isinstance(error, (UsageError, TaximeterError)) else repr(error), usage)
        else:
            self.count(outcome)

    async def record_async(self, request: Request, usage: Any, outcome: str = "metered") -> None:
        """The same; waits for the disk in a thread, if it has to."""
        if self._durably:
            await asyncio.to_thread(self.record, request, usage, outcome)
        else:
            self.record(request, usage, outcome)
