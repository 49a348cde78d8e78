"""Words of other systems' sheets: read, or written for them, in their language; never shown as ours."""

from __future__ import annotations

DEFAULT_CLOSING = (
    "工单编号=number\n办理结果=outcome\n答复内容=answer\n承办单位=unit\n联系时间=contacted\n办结时间=finished"
)
HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("工单编号", "编号", "工单号", "案件编号", "受理编号"),
    "words": ("诉求内容", "工单内容", "问题描述", "内容", "反映内容"),
    "title": ("标题", "工单标题", "诉求标题"),
    "received": ("交办时间", "派单时间", "下派时间", "受理时间"),
    "due": ("上级时限", "截止时间", "办理时限", "到期时间"),
    "place": ("地点", "地址", "事发地址", "问题地点"),
    "name": ("诉求人姓名", "诉求人", "姓名", "来电人"),
    "phone": ("联系电话", "电话", "来电号码", "联系方式"),
    "result": ("回访结果", "满意度"),
    "result_words": ("回访内容", "回访意见"),
    "decision": ("申请的答复", "审批结果"),
    "decision_words": ("答复的说明", "审批意见"),
}
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M")
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")
RESULTS: tuple[tuple[str, tuple[str, ...]], ...] = (  # the first that is found in the cell
    ("dissatisfied", ("不满意", "未解决", "没解决", "没有解决", "dissatisfied", "unsolved")),
    ("fair", ("基本满意", "一般", "fair")),
    ("satisfied", ("满意", "已解决", "satisfied", "solved")),
    ("none", ("未联系", "无法接通", "未接通", "无人接听", "没有回访", "none")),
)
NO = ("不同意", "驳回", "拒绝", "refused")
YES = ("同意", "通过", "granted")
