"""Events for programs and webhooks: how often, how long, how they are signed. No Django."""

from __future__ import annotations

from datetime import timedelta

from huying.kernel.terms import Term, _

KINDS = ("case", "order")  # of history: what programs are told
MOST_WEBHOOKS = 20  # of one owner
MOST_KINDS = 60
# After each failure the next try waits longer; behind the last one the delivery is dead.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
)
KEPT_FOR = timedelta(days=90)
SIGNATURE = "Huying-Signature"
EVENT = "Huying-Event"
DELIVERY = "Huying-Delivery"


class DeliveryState(Term):
    WAITING = "waiting", _("待送")
    SENT = "sent", _("已送到")
    DEAD = "dead", _("送不到")
    DROPPED = "dropped", _("不再发送")


class Why(Term):
    """Why a delivery failed: a closed list, so that nothing of the other side's answer is kept."""

    ANSWER = "answer", _("对方没有回 2xx")
    ADDRESS = "address", _("地址不能用")
    FORBIDDEN = "forbidden", _("地址在内网，不能发")
    CONNECTION = "connection", _("连不上")
    TIME = "time", _("超时")
    STOPPED = "stopped", _("订阅已停")
    SCOPE = "scope", _("已不在范围内")


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after the n-th failure (from 1); None behind the last."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def wants(kinds: list[str], kind: str) -> bool:
    """Whether a subscription asks for this kind of event: all where none is named."""
    return not kinds or kind in kinds
