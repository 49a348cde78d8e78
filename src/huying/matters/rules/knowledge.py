"""The knowledge base: answers to questions and standard replies, as versions that one writes and another publishes.

Pure: what the states are, which blanks a reply may have, how near a text comes to what somebody says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from huying.kernel.flow import Flow, Move
from huying.kernel.grams import grams
from huying.kernel.terms import Label, Term, _
from huying.notices.rules import another_person, blanks_wrong, filled
from huying.people.rules import Duty

QUESTION_LIMIT, BODY_LIMIT = 120, 2000
LONGEST_REVIEW = timedelta(days=730)  # nothing stays unread for longer
SHOWN_AFTER_REVIEW = timedelta(days=30)  # what nobody looked at again is offered no more


class KnowledgeKind(Term):
    ARTICLE = "article", _("问答")
    REPLY = "reply", _("标准答复")


class ReplyFor(Term):
    """The move whose words to the caller a standard reply is for: values are verbs of the cases' flow."""

    ANSWER = "answer", _("直接答复")
    RESULT = "submit_result", _("办理结果")
    QUESTION = "ask_reporter", _("请诉求人补充")
    DECLINE = "ask_decline", _("不予受理")


class KnowledgeState(Term):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待批准")
    PUBLISHED = "published", _("已发布")
    RETIRED = "retired", _("已停用")
    DROPPED = "dropped", _("不用了")


class KnowledgeVerb(Term):
    CHANGE = "change", _("修改")
    SUBMIT = "submit", _("送批准")
    SEND_BACK = "send_back", _("退回")
    PUBLISH = "publish", _("批准发布")
    REVIEW = "review", _("复核过，仍然对")
    RETIRE = "retire", _("停用")
    DROP = "drop", _("不用了")


class Blank(Term):
    """What a standard reply may leave open: filled from the case when the form is drafted."""

    NUMBER = "number", _("案件编号")
    MATTER = "matter", _("事项")
    PLACE = "place", _("地点")
    UNIT = "unit", _("单位")
    DATE = "date", _("今天的日期")
    CLAUSE = "clause", _("履职依据")


_V, _S = KnowledgeVerb, KnowledgeState
KNOWLEDGE_FLOW = Flow([
    Move(_V.CHANGE, {_S.DRAFT}, None, duty=Duty.ADMIN_MATTERS),
    Move(_V.SUBMIT, {_S.DRAFT}, _S.SUBMITTED, duty=Duty.ADMIN_MATTERS),
    Move(_V.SEND_BACK, {_S.SUBMITTED}, _S.DRAFT, duty=Duty.APPROVE_MATTERS),
    Move(_V.PUBLISH, {_S.SUBMITTED}, _S.PUBLISHED, duty=Duty.APPROVE_MATTERS, guards=(another_person,)),
    Move(_V.REVIEW, {_S.PUBLISHED}, None, duty=Duty.ADMIN_MATTERS),
    Move(_V.RETIRE, {_S.PUBLISHED}, _S.RETIRED, duty=Duty.ADMIN_MATTERS),
    Move(_V.DROP, {_S.DRAFT, _S.SUBMITTED}, _S.DROPPED, duty=Duty.ADMIN_MATTERS),
])  # fmt: skip


def blanks_problem(kind: str, body: str) -> Label | None:
    """What is wrong with the blanks of a reply; an article's words are taken as they are."""
    return blanks_wrong(body, Blank.values) if kind == KnowledgeKind.REPLY else None


def reply_words(body: str, facts: Mapping[str, str]) -> str:
    """A reply with its blanks filled; a value with braces in it stays as it is."""
    return filled(body, facts)


def is_offered(review_on: date, today: date) -> bool:
    """Whether a published text is still offered: one that nobody looked at again in time has expired."""
    return today <= review_on + SHOWN_AFTER_REVIEW


def oldest_offered(today: date) -> date:
    """The earliest day of review with which a text is still offered."""
    return today - SHOWN_AFTER_REVIEW


# How near a question comes to what somebody says

NEAR = 0.34  # a third of the question's pairs are said: below that a text is not shown
SAME_MATTER = 0.15  # what is known to be of the same type comes a little nearer


def nearness(said: Collection[str], question: str, types: Collection[str], type_codes: Iterable[str]) -> float:
    """0 to 1.15: the share of the question's pairs among `said` (`grams` of the words), more for the same matter."""
    pairs = grams(_PLAIN.sub("", question))
    if not pairs:
        return 0.0
    share = sum(one in said for one in pairs) / len(pairs)
    return share + (SAME_MATTER if share and set(types) & set(type_codes) else 0.0)


# Words with which any question is asked: they say nothing of what it is about.
_PLAIN = re.compile("怎么办理|怎么办|怎么|如何|哪里|什么|多少|可以|需要|请问|吗|呢|的|了|我|在|能|要")
