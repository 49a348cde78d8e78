"""The measures: what stands above and below the line, in words and as names of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from huying.insight.rules.counts import STAGES, STEPS
from huying.kernel.terms import Label, _
from huying.matters.rules import Step

LEAST: Final = 10
"""Fewer than this below the line: the number is printed, and not ranked."""


@dataclass(frozen=True)
class Measure:
    """`hits` of `of`, both names of counts. `half`: a count that is added by the terms' weight for 基本满意.

    `less`: the smaller the better. `counts` says what stands above and below the line, `leaves_out` what does not.
    """

    code: str
    label: Label
    hits: str
    of: str
    noun: Label
    counts: Label
    leaves_out: tuple[Label, ...]
    half: str = ""
    less: bool = False
    main: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(one for one in (self.hits, self.half) if one)


_NOBODY = _("保密、回避、演练、导入、信访转送、审定剔除，以及并入、转出、撤诉、作废的案件。")
_BUT_VOIDED = _("保密、回避、演练、导入、审定剔除，以及并入、转出、撤诉的案件。")
_PEOPLE, _CASES, _TIMES = _("人"), _("件"), _("次")
_ON_TIME: Final = {
    Step.INTAKE: _("受理按时率"), Step.VERIFY: _("核实按时率"), Step.FILE: _("立案按时率"),
    Step.DISPATCH: _("派单按时率"), Step.SIGN_IN: _("签收按时率"), Step.HANDLE: _("办理按时率"),
    Step.SIGN: _("签发按时率"), Step.REVIEW: _("审核按时率"), Step.CHECK: _("核查按时率"),
    Step.CALL_BACK: _("回访按时率"),
}  # fmt: skip
_STAGE_ON_TIME: Final = (
    _("第 1 段按时率"), _("第 2 段按时率"), _("第 3 段按时率"), _("第 4 段按时率"), _("第 5 段按时率"),
    _("第 6 段按时率"), _("第 7 段按时率"), _("第 8 段按时率"), _("第 9 段按时率"),
)  # fmt: skip

MEASURES: Final = (
    Measure(
        "response", _("响应率"), "contact_met", "contact_due", _TIMES,
        _("按时首次联系的次数 ÷ 应联系的次数。每一轮各算一次；三次不同时间没接通，或诉求人不愿接听，也算联系过。"),
        (_("没有留联系方式的诉求。"), _NOBODY), main=True,
    ),
    Measure(
        "resolution", _("解决率"), "solved", "reached", _PEOPLE,
        _("说解决了的诉求人 ÷ 联系上的诉求人。每人按最后一次说的算。"), (_("撤回的诉求。"), _NOBODY), main=True,
    ),
    Measure(
        "satisfaction", _("满意率"), "satisfied", "rated", _PEOPLE,
        _("（满意 + 系数 × 基本满意）÷ 作了评价的诉求人。每人按最后一次说的算。"),
        (_("事项清单标明不计满意率的（调解、执法、举报等）。"), _NOBODY), half="fair", main=True,
    ),
    Measure(
        "first_round", _("一轮解决率"), "first_solved", "reached", _PEOPLE,
        _("第一轮就说解决、以后没有改口的诉求人 ÷ 联系上的诉求人。"), (_("撤回的诉求。"), _NOBODY),
    ),
    *(
        Measure(
            f"on_time_{step}", _ON_TIME[step], f"{step}_met", f"{step}_of", _TIMES,
            _("没有超过时限就走完的次数 ÷ 走完这一步的次数。暂停的时间不算。"), (_("被撤销的工单。"), _NOBODY),
        )
        for step in STEPS
    ),
    *(
        Measure(
            f"on_time_{stage}", label, f"{stage}_met", f"{stage}_of", _TIMES,
            _("分段时限里没有超时就走完这一段的次数 ÷ 走完这一段的次数。各类事项各有各的分段，点开看是哪些案件。"),
            (_("改了事项、不再要走的段。"), _NOBODY),
        )
        for stage, label in zip(STAGES, _STAGE_ON_TIME, strict=True)
    ),
    Measure(
        "returns", _("退单率"), "returned", "orders", _TIMES,
        _("经同意退回的工单 ÷ 派出的工单。"), (_("被撤销的工单。"), _NOBODY), less=True,
    ),
    Measure(
        "directed", _("派单准确率"), "directed", "dispatched", _CASES,
        _("第一轮只派过一个主办单位的案件 ÷ 派过单的案件。其余的就是错派。"), (_NOBODY,),
    ),
    Measure(
        "rework", _("返工率"), "reworked", "submitted", _CASES,
        _("审核退回过，或到场核查没通过的案件 ÷ 报过办理结果的案件。"), (_NOBODY,), less=True,
    ),
    Measure(
        "repeat", _("30 天内重复"), "repeated", "placed", _CASES,
        _("同一地点、同一事项，上一件办结后 30 天内又来的案件 ÷ 有网格和事项的案件。只看地点和事项，不看是谁说的。"),
        (_NOBODY,), less=True,
    ),
    Measure(
        "self_handled", _("即办抽查合格率"), "self_passed", "self_checked", _CASES,
        _("抽查合格的即办件 ÷ 抽查过的即办件。"), (_("没有抽到的即办件。"), _NOBODY),
    ),
    Measure(
        "self_found", _("自己发现的比例"), "self_found", "cases", _CASES,
        _("巡查、设备和即办发现的案件 ÷ 全部办结、答复和不予受理的案件。"), (_NOBODY,),
    ),
    Measure(
        "city_found", _("巡查先发现"), "city_found", "city", _CASES,
        _("案件流里由巡查或设备先发现的 ÷ 案件流的案件。其余的是群众先说的，就是漏报。"), (_NOBODY,),
    ),
    Measure(
        "patrol_valid", _("有效上报率"), "patrols_valid", "patrols", _CASES,
        _("没有作废、也没有不予受理的巡查上报 ÷ 巡查上报。"), (_BUT_VOIDED,),
    ),
    Measure(
        "filing", _("立案准确率"), "filed_valid", "filed", _CASES,
        _("（立案数 − 作废数）÷ 立案数。"), (_BUT_VOIDED,),
    ),
    Measure(
        "closing", _("主办办结率"), "leads_completed", "leads", _TIMES,
        _("主办到底的工单 ÷ 主办的工单。退回的算没有办结。"), (_("被撤销的工单。"), _NOBODY),
    ),
    Measure(
        "whistle_answer", _("应哨按时率"), "whistle_answer_met", "whistle_answer_of", _TIMES,
        _("按时应哨或到场的次数 ÷ 被叫的次数。没有应哨的算超时。"), (_("异议成立的，和撤哨的。"), _NOBODY),
    ),
    Measure(
        "whistle_arrive", _("报到按时率"), "whistle_arrive_met", "whistle_arrive_of", _TIMES,
        _("按时报到的次数 ÷ 被叫的次数。没有报到的算超时。"), (_("异议成立的，和撤哨的。"), _NOBODY),
    ),
    Measure(
        "whistle_closed", _("销哨率"), "whistles_closed", "whistles", _TIMES,
        _("写了联合处置结果并销哨的次数 ÷ 吹出去的哨。"), (_("没有同意的吹哨。"), _NOBODY),
    ),
)  # fmt: skip
BY_CODE: Final = {one.code: one for one in MEASURES}


@dataclass(frozen=True)
class Rate:
    """A share, exact: `hits` of `of`. Printed with one decimal in a hundred, half a tenth upwards."""

    hits: Fraction
    of: int

    @property
    def share(self) -> Fraction | None:
        return self.hits / self.of if self.of else None

    @property
    def percent(self) -> str:
        return "" if self.share is None else rounded(self.share * 100)

    @property
    def above(self) -> str:
        """What stands above the line: a whole number, or one decimal where fair ratings are weighed."""
        return str(self.hits.numerator) if self.hits.denominator == 1 else rounded(self.hits)

    @property
    def few(self) -> bool:
        return self.of < LEAST


def rounded(number: Fraction, digits: str = "0.1") -> str:
    """With one decimal, half upwards: 82.25 is 82.3. The quotient is taken to 28 digits first."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return str(exact.quantize(Decimal(digits), rounding=ROUND_HALF_UP))


def rate_of(measure: Measure, sums: Mapping[str, int], fair: Fraction) -> Rate:
    hits = Fraction(sums.get(measure.hits, 0))
    if measure.half:
        hits += fair * sums.get(measure.half, 0)
    return Rate(hits, sums.get(measure.of, 0))


def rates_of(sums: Mapping[str, int], fair: Fraction) -> dict[str, Rate]:
    return {one.code: rate_of(one, sums, fair) for one in MEASURES}
