"""Help: what people ask on their first days, a few sentences each. Found by the search box, listed on one page."""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _


@dataclass(frozen=True)
class Topic:
    """One question and its answer; `url_name` is the page it is about, "" for none."""

    slug: str
    title: Label
    text: Label
    url_name: str = ""


TOPICS: tuple[Topic, ...] = (
    Topic(
        "first-day",
        _("第一天怎么用"),
        _("登录后先看“我的工作”，最急的在最上面。点一件进去，右边只列您现在能走的步骤。办完一步，下一件会接着来。"),
        "desk:mine",
    ),
    Topic(
        "register",
        _("怎么登记一个来电"),
        _(
            "点右上角“登记”，把对方的原话记下来，问清地点。听到着火、受伤这样的话，页面会先提醒您让对方打 119、120 "
            "或 110。提交后把编号和查询码告诉对方。"
        ),
        "desk:new",
    ),
    Topic(
        "dispatch",
        _("怎么受理派单"),
        _("在“受理派单”里核对事项、地点和等级，选好主办单位，一次提交就完成受理、立案和派单。每一步都有记录。"),
        "desk:triage",
    ),
    Topic(
        "not-ours",
        _("不归我们办怎么退回"),
        _(
            "签收时限以内可以申请退回一次，写明依据的条款，由派单员决定。两个不同的单位都退过以后，由分管领导指定承办，"
            "不再退。"
        ),
    ),
    Topic(
        "clock",
        _("时限是怎么算的"),
        _(
            "案件页的时限旁边有“为什么”，写着从哪一刻起算、依据哪一条、停过几次表。工作时限只算工作日的办公时间，"
            "节假日安排公布以后会重新算。"
        ),
        "clocks:now",
    ),
    Topic(
        "contact",
        _("怎么看诉求人的电话"),
        _(
            "电话平时是遮住的。要联系时点“查看”，选好用途再打开。每次打开都有记录，诉求人自己也看得到。"
            "反映工作人员的诉求，打开身份会提醒审计员。"
        ),
    ),
    Topic(
        "merge",
        _("几个人说的是同一件事怎么办"),
        _("在案件页选“并入”，核对地点、事项和时间。并错了可以撤回，每位诉求人的查询码都还能用，答复也各给各的。"),
    ),
    Topic(
        "search",
        _("怎么找一件事、一个地方"),
        _(
            "按 Ctrl 和 K，或点上面的搜索框。可以输编号、区域代码、两个字以上的词，也可以输名称的拼音首字母，"
            "比如输“rssq”找榕树社区。这里不按人名和电话查。"
        ),
    ),
    Topic(
        "confidential",
        _("保密案件谁能看"),
        _("只有办它的人和有保密职责的人能看。别人搜不到，也数不到。涉及到的单位和个人自动回避。"),
    ),
    Topic(
        "catalogue",
        _("事项清单怎么改"),
        _("先起草一个版本，改好后提交，由另一个人批准，到日子生效。在办的案件仍按立案时的版本算时限。"),
        "matters:catalogue",
    ),
    Topic(
        "registers",
        _("台账怎么批量更新"),
        _("在台账里导出表格，改好再导入。系统先试一遍，逐行列出问题，您确认后才写入。批量改错了，可以在结果页撤回。"),
        "registers:overview",
    ),
    Topic(
        "password",
        _("忘了密码或换了手机怎么办"),
        _("请找管理员重设密码。验证器或通行密钥丢了，请找安全保密员核实身份后重置。"),
    ),
)


def topic(slug: str) -> Topic:
    """The topic of an address; NotFound where there is none."""
    for one in TOPICS:
        if one.slug == slug:
            return one
    raise NotFound("help")
