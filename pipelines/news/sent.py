"""What came of sending one message over one channel.

Belongs here: the answer, and how often one attempt is repeated. No text of a server is ever passed on: it may repeat an
address or a password.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, stop_after_delay, wait_exponential

SECONDS_TO_CONNECT: Final = 5
SECONDS_TO_ANSWER: Final = 10
_ATTEMPTS: Final = 3
_SECONDS_FOR_ALL: Final = 12
"""no new attempt after that: a tick of a sensor has a minute for all channels"""


@dataclass(frozen=True, slots=True)
class Sent:
    """``problem`` is '' where the message was taken; ``is_transient`` says that it is worth trying again at once.

    ``remark``: the message was taken, but not by everybody.
    """

    problem: str = ""
    is_transient: bool = False
    remark: str = ""


def attempt(send: Callable[[], Sent], sleep: Callable[[float], None]) -> Sent:
    """``send`` until it succeeds, cannot succeed, or was tried often or long enough; ``sleep`` waits for seconds."""

    def last(state: RetryCallState) -> Sent:
        assert state.outcome is not None  # noqa: S101 - an attempt was made
        answer: Sent = state.outcome.result()
        return answer

    retrying = Retrying(
        stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS_FOR_ALL),
        wait=wait_exponential(multiplier=0.5, max=4),
        retry=retry_if_result(lambda sent: bool(sent.is_transient)),
        retry_error_callback=last,
        sleep=sleep,
    )
    return retrying(send)
