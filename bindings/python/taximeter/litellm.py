"""A LiteLLM callback that meters every completion, in the SDK and in the proxy.

    import litellm, taximeter
    from taximeter.litellm import Callback

    litellm.callbacks = [Callback(taximeter.Meter("/var/lib/llm/spool"))]

docs/litellm.md says what is metered of cached, failed, retried and streamed requests.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Mapping, Optional

from litellm.integrations.custom_logger import CustomLogger

from . import Meter
from .recording import Recorder, Request, Unmetered

__all__ = ["Callback", "account_of", "model_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_REMEMBERED = 65_536


def _metadata(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    return (kwargs.get("litellm_params") or {}).get("metadata") or {}


def account_of(kwargs: Mapping[str, Any]) -> Optional[str]:
    """Whose request it is. In the proxy: the team of the key, else its user, else the key's hash, never what the client
    has written into its request. In the SDK: ``metadata={"account": ...}``, else ``user``."""
    metadata = _metadata(kwargs)
    if "user_api_key_hash" in metadata or "user_api_key" in metadata:
        keys = ("user_api_key_team_id", "user_api_key_user_id", "user_api_key_hash", "user_api_key")
        return next((metadata[key] for key in keys if metadata.get(key)), None)
    return metadata.get("account") or (kwargs.get("optional_params") or {}).get("user") or kwargs.get("user")


def model_of(kwargs: Mapping[str, Any]) -> Optional[str]:
    """The model's name in the proxy's or router's list, of the deployment that has answered; else the model that was called."""
    return _metadata(kwargs).get("model_group") or kwargs.get("model")


class Callback(CustomLogger):
    """Meters each call once, under its ``litellm_call_id``, which the proxy returns as ``x-litellm-call-id``.

    Answers from LiteLLM's own cache are not metered unless ``cached_channel`` names a channel for them. ``outcomes``
    counts ``metered``, ``cached``, ``failed``, ``duplicate``, ``unmetered`` and ``unconfirmed`` calls.
    """

    def __init__(
        self, meter: Meter, *, account: Callable[[Mapping[str, Any]], Optional[str]] = account_of,
        model: Callable[[Mapping[str, Any]], Optional[str]] = model_of, channel: str = "api",
        service_tier: str = "standard", cached_channel: Optional[str] = None, durably: bool = False,
        on_unmetered: Optional[Callable[[Unmetered], None]] = None,
    ) -> None:
        super().__init__()
        self._account, self._model = account, model
        self._channel, self._service_tier, self._cached_channel = channel, service_tier, cached_channel
        self._recorder = Recorder(meter, durably=durably, on_unmetered=on_unmetered)
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, None] = OrderedDict()

    @property
    def outcomes(self) -> dict[str, int]:
        """How many calls had which outcome."""
        return self._recorder.outcomes

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Called by LiteLLM after a synchronous call."""
        request = self._request(kwargs, start_time, end_time)
        if request is not None:
            self._recorder.record(request, _usage(response_obj))

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Called by LiteLLM after an asynchronous call."""
        request = self._request(kwargs, start_time, end_time)
        if request is not None:
            await self._recorder.record_async(request, _usage(response_obj))

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Called by LiteLLM after each attempt that has failed."""
        self._recorder.count("failed")

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Called by LiteLLM after each asynchronous attempt that has failed."""
        self._recorder.count("failed")

    def _request(self, kwargs: Mapping[str, Any], start_time: Any, end_time: Any) -> Optional[Request]:
        """What is to be recorded; None for what was recorded before, or is not to be."""
        id = kwargs.get("litellm_call_id")
        if kwargs.get("stream") and not _is_assembled(kwargs):
            return None  # a chunk of a stream: the call comes again with the whole of it
        if id is not None and not self._is_new(id):
            self._recorder.count("duplicate")
            return None
        channel = self._channel
        if kwargs.get("cache_hit") is True:
            if self._cached_channel is None:
                self._recorder.count("cached")
                return None
            channel = self._cached_channel
        times = (_microseconds(start_time), _microseconds(end_time))
        try:
            return Request(self._account(kwargs), self._model(kwargs), id, *times, channel, self._service_tier)
        except Exception as error:  # of the operator's own functions: LiteLLM would only log it at level debug
            self._recorder.unmetered(Request(None, None, id, *times, channel, self._service_tier), repr(error))
            return None

    def _is_new(self, id: str) -> bool:
        # LiteLLM may call the synchronous and the asynchronous method for one call, and the spool does not look ids up.
        with self._lock:
            if id in self._seen:
                return False
            self._seen[id] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return True


def _is_assembled(kwargs: Mapping[str, Any]) -> bool:
    return any(kwargs.get(key) is not None for key in ("complete_streaming_response", "async_complete_streaming_response"))


def _usage(response: Any) -> Any:
    usage = response.get("usage") if isinstance(response, Mapping) else getattr(response, "usage", None)
    found = usage.model_dump() if hasattr(usage, "model_dump") else usage
    # LiteLLM writes zeros where the provider has told nothing: a request without any token is none.
    if isinstance(found, Mapping) and not any(
        found.get(key) for key in ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")):
        return None
    return found


def _microseconds(instant: Any) -> int:
    if not isinstance(instant, datetime):
        return time.time_ns() // 1_000
    return (instant.astimezone(timezone.utc) - _EPOCH) // timedelta(microseconds=1)
