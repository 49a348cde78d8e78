"""Kinds of open cases that leaders keep an eye on. Pure."""

from __future__ import annotations

from huying.kernel.terms import Term, _


class Watch(Term):
    RED = "red", _("已超时")
    YELLOW = "yellow", _("快到期")
    SUPERVISED = "supervised", _("督办中")
    WHISTLED = "whistled", _("吹哨未销")
    ASKED = "asked", _("申请未决")
    AGAIN = "again", _("二次以上办理")
    HELD = "held", _("挂账")
