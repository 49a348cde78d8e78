"""What becomes of news here: a notice on the live stream, which carries no more than where to look again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from huying.access import events as access
from huying.access.models import ReviewItem
from huying.access.rules import Decision
from huying.cases import events
from huying.cases.models import WorkOrder
from huying.cases.rules import LIVE_ORDERS
from huying.channels import jobs
from huying.channels.live import Notice, forward
from huying.channels.models import Webhook
from huying.clients import actions as clients
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.kernel.terms import _
from huying.notices import events as notices
from huying.notices.actions import Recipient, notify
from huying.people import events as people
from huying.ui.words import clock_words, date_words

CASES = "cases"
NOTICES = "notices"


def case_moved(news: News) -> Notice:
    """For those who read the case's area, and for units with a live order on it.

    A restricted case (confidential, recused) exists for its units alone, in the stream as in every list.
    """
    units = (
        WorkOrder.objects.filter(case_id=UUID(news.facts["case_id"]), state__in=LIVE_ORDERS)
        .order_by("unit_id")
        .values_list("unit_id", flat=True)
        .distinct()
    )
    return Notice(CASES, "" if news.facts.get("restricted", True) else news.facts["area_code"], tuple(units))


forward(events.moved, case_moved)


def whistled(news: News) -> Notice:
    """For those who read the case's area, and for the units that are called."""
    units = tuple(UUID(one) for one in news.facts["units"])
    return Notice(CASES, "" if news.facts.get("restricted", True) else news.facts["area_code"], units)


forward(events.whistled, whistled)


def person_told(news: News) -> Notice:
    """For the one whose bell it is."""
    return Notice(NOTICES, people=(UUID(news.facts["account_id"]),))


forward(notices.told, person_told)


FACTORS = {
    "totp": _("动态口令"), "passkey": _("通行密钥"), "code": _("验证码"), "recovery": _("恢复码"),
}  # fmt: skip


def _tell_person(kind: str, news: News, facts: dict[str, str]) -> None:
    """A person hears of a change of the own sign-in by every way there is: perhaps it was somebody else."""
    account_id = UUID(news.facts["account_id"])
    moment = f"{date_words(news.at, news.at)} {clock_words(news.at)}"
    notify(
        template=kind,
        to=Recipient.account(account_id),
        facts={"when": moment, **facts},
        object_kind="account",
        object_id=account_id,
        now=news.at,
        once=f"{news.id}",
    )


def _end_clients(news: News) -> None:
    """Who was let in anew has perhaps lost more than a phone: programs that act in that name stop, too."""
    clients.revoke_all(account_id=UUID(news.facts["account_id"]), actor=system(), now=news.at)


people.let_in.listen(_end_clients)


@access.factor_changed.listen
def factor_changed(news: News) -> None:
    if news.facts.get("change") == "reset":
        _end_clients(news)
    _tell_person("factor_changed", news, {"factor": str(FACTORS.get(news.facts.get("factor", ""), _("登录验证方式")))})


@people.password_changed.listen
def password_changed(news: News) -> None:
    _tell_person("password_changed", news, {})


def to_webhooks(news: News) -> None:
    """Somebody may be told: at once, not only with the next minute's round."""
    if not Webhook.objects.filter(stopped_at=None).exists():
        return
    try:
        with transaction.atomic():  # a job that waits already would break the transaction around
            jobs.fan_out.configure(queueing_lock="channels.fan_out").defer(timestamp=0)
    except AlreadyEnqueued:
        return


events.moved.listen(to_webhooks)


@access.review_closed.listen
def grants_reviewed(news: News) -> None:
    """Whose grants were gone through hears what was said of them, once for each decision."""
    items = ReviewItem.objects.filter(review_id=UUID(news.facts["review_id"])).exclude(decision="")
    said = sorted({(one.grant.account_id, one.decision) for one in items.select_related("grant")})
    for account_id, decision in said:
        notify(
            template="grant_reviewed",
            to=Recipient.account(account_id),
            facts={
                "decision": str(Decision(decision).label),
                "when": f"{date_words(news.at, news.at)} {clock_words(news.at)}",
            },
            area_code=news.facts["area_code"],
            object_kind="account",
            object_id=account_id,
            now=news.at,
            once=f"{news.id}:{decision}",
        )
