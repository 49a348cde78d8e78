"""Times, spans and names as people read them; pure functions over given times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

MINUTE, HOUR, DAY = 60, 3600, 86400

# Marks that change the direction of what follows; the harmless point marks (LRM, RLM, ALM) stay as they are.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NAMES = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip

# The tone of each stored state of cases, orders and approvals; words come with the state, tones are ours.
TONES: dict[str, str] = {
    **dict.fromkeys(["received", "verifying", "triaged", "filed", "offered", "rework", "asked", "draft"], "wait"),
    **dict.fromkeys(["in_hand", "accepted", "running"], "doing"),
    **dict.fromkeys(["reviewing", "checking", "calling_back", "sampled"], "review"),
    **dict.fromkeys(["closed", "answered", "done", "completed", "granted", "approved"], "done"),
    **dict.fromkeys(
        ["returned", "declined", "transferred", "withdrawn", "merged", "voided", "cancelled", "refused"], "back"
    ),
    "late": "late",
    "soon": "soon",
}


def tone_of(state: Any) -> str:
    """The tone of a stored state: wait, doing, review, done, back, late, soon; wait where unknown."""
    return TONES.get(str(getattr(state, "value", state)), "wait")


def clock_words(moment: datetime) -> str:
    """`14:05`, local."""
    return timezone.localtime(moment).strftime("%H:%M")


def date_words(moment: datetime, now: datetime) -> str:
    """`10月19日` this year, `2025年10月19日` otherwise, local."""
    local = timezone.localtime(moment)
    if local.year == timezone.localtime(now).year:
        return date_format(local, pgettext("date format, this year", "n月j日"), use_l10n=False)
    return date_format(local, pgettext("date format, another year", "Y年n月j日"), use_l10n=False)


def when_words(moment: datetime, now: datetime) -> str:
    """`今天 14:05`, this year `10月19日 15:42`, else `2025年10月19日 15:42`."""
    if timezone.localtime(moment).date() == timezone.localtime(now).date():
        return _("今天 %(time)s") % {"time": clock_words(moment)}
    return _("%(date)s %(time)s") % {"date": date_words(moment, now), "time": clock_words(moment)}


def due_words(due: datetime, now: datetime) -> str:
    """A due time as residents read it: `明天 09:05`, `下周一（6月15日）09:05`, `6月28日 09:05`."""
    local, today = timezone.localtime(due), timezone.localtime(now)
    days = (local.date() - today.date()).days
    time, date = clock_words(due), date_words(due, now)
    near = {-1: _("昨天 %(time)s"), 0: _("今天 %(time)s"), 1: _("明天 %(time)s")}
    if days in near:
        return near[days] % {"time": time}
    monday = today.date() - timedelta(days=today.weekday())
    weeks = (local.date() - monday).days // 7
    facts = {"weekday": _weekday(local), "date": date, "time": time}
    if days > 0 and weeks == 0:
        return _("本%(weekday)s（%(date)s）%(time)s") % facts
    if days > 0 and weeks == 1:
        return _("下%(weekday)s（%(date)s）%(time)s") % facts
    return _("%(date)s %(time)s") % {"date": date, "time": time}


def deadline_words(due: datetime, now: datetime) -> str:
    """`最晚明天 09:05`."""
    return _("最晚%(when)s") % {"when": due_words(due, now)}


def span_words(span: timedelta | float, *, long: bool = False) -> str:
    """`48分`, `1时05分`, `5时`, `1天2时`, `3天`; long: `2 小时 10 分`. The sign is dropped."""
    seconds = abs(int(span.total_seconds() if isinstance(span, timedelta) else span))
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if long:
        return _long_span(days, hours, minutes)
    if days:
        if hours:
            return _("%(days)s天%(hours)s时") % {"days": days, "hours": hours}
        return _("%(days)s天") % {"days": days}
    if hours:
        if minutes:
            return _("%(hours)s时%(minutes)s分") % {"hours": hours, "minutes": f"{minutes:02d}"}
        return _("%(hours)s时") % {"hours": hours}
    return _("%(minutes)s分") % {"minutes": minutes}


def _long_span(days: int, hours: int, minutes: int) -> str:
    parts = []
    if days:
        parts.append(ngettext("%(count)s 天", "%(count)s 天", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)s 小时", "%(count)s 小时", hours) % {"count": hours})
    if not parts:
        parts.append(ngettext("%(count)s 分钟", "%(count)s 分钟", minutes) % {"count": minutes})
    elif minutes and not days:
        parts.append(ngettext("%(count)s 分", "%(count)s 分", minutes) % {"count": minutes})
    return " ".join(parts)


def weekday_words(moment: datetime) -> str:
    """`周二`, local."""
    return _weekday(timezone.localtime(moment))


_WEEKDAYS = (
    gettext_lazy("周一"), gettext_lazy("周二"), gettext_lazy("周三"), gettext_lazy("周四"), gettext_lazy("周五"),
    gettext_lazy("周六"), gettext_lazy("周日"),
)  # fmt: skip


def _weekday(local: datetime) -> str:
    return str(_WEEKDAYS[local.weekday()])


@dataclass(frozen=True)
class Reading:
    """A clock as the light shows it: tone green, yellow or red; the words; how much of 100 is used."""

    tone: str
    words: str
    used: int


def reading_of(clock: Any, now: datetime, paused: str = "") -> Reading:
    """Read anything with started_at and due_at (and, if it has them, yellow_at, paused_at)."""
    due, started = clock.due_at, clock.started_at
    moment = getattr(clock, "paused_at", None) or now
    length = max((due - started).total_seconds(), 1)
    used = min(max(int(100 * (moment - started).total_seconds() / length), 0), 100)
    if getattr(clock, "paused_at", None):
        words = _("停表 %(reason)s") % {"reason": paused} if paused else _("停表")
        return Reading("green", words, used)
    yellow = getattr(clock, "yellow_at", None) or started + (due - started) * 0.8
    if now >= due:
        return Reading("red", _("超 %(span)s") % {"span": span_words(now - due)}, 100)
    words = _("剩 %(span)s") % {"span": span_words(due - now)}
    return Reading("yellow" if now >= yellow else "green", words, used)


def mask_words(value: str) -> str:
    """A name as `刘**`, a phone as `1**-****-0012`; the pages of people's contacts have masks of their own."""
    text = value.strip()
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 7 and len(digits) >= len(text) - 4:
        return f"{digits[0]}**-****-{digits[-4:]}"
    return f"{text[0]}**" if text else ""


def isolated(value: Any) -> SafeString:
    """Words of a stranger in an isolate of their own; marks that turn the direction are shown, not obeyed."""
    text = str(escape("" if value is None else value))
    shown = _TURNING.sub(lambda mark: f'<span class="bidi-mark">{_NAMES[mark.group()]}</span>', text)
    return format_html("<bdi>{}</bdi>", mark_safe(shown))  # escaped above, piece by piece
