"""Words of people and their posts: unit kinds, posts, duties, and what each shipped role may do."""

from __future__ import annotations

from huying.kernel.terms import Term, _


class Duty(Term):
    """What a role lets a person do, within the grant's area or for the grant's unit."""

    INTAKE = "intake", _("受理")
    FILE = "file", _("立案")
    DISPATCH = "dispatch", _("派单")
    HANDLE = "handle", _("办理")
    SIGN = "sign", _("签发")
    REVIEW = "review", _("审核")
    VERIFY = "verify", _("核实")
    CHECK = "check", _("核查")
    CALL_BACK = "call_back", _("回访")
    REPORT = "report", _("上报与代报")
    DECIDE = "decide", _("审批")
    LEAD = "lead", _("分管领导")
    SUPERVISE = "supervise", _("督办")
    CONFIDENTIAL = "confidential", _("保密案件")
    OPEN_CONTACT = "open_contact", _("查看联系方式")
    READ = "read", _("查看")
    EXPORT = "export", _("导出")
    ADMIN_PLACES = "admin_places", _("管理区域")
    ADMIN_PEOPLE = "admin_people", _("管理人员")
    ADMIN_MATTERS = "admin_matters", _("管理事项清单")
    APPROVE_MATTERS = "approve_matters", _("批准事项清单")
    ADMIN_CLOCKS = "admin_clocks", _("管理日历")
    AUDIT = "audit", _("审计")
