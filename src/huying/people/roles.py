"""The roles that are shipped. A street may change them and add its own: they are rows once loaded."""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.terms import Label, _
from huying.people.rules import Duty


@dataclass(frozen=True)
class ShippedRole:
    """A role as data. `for_unit`: it is granted for one unit, and reaches that unit's orders only."""

    code: str
    name: Label
    duties: tuple[Duty, ...]
    for_unit: bool = False


ROLES: tuple[ShippedRole, ...] = (
    ShippedRole("intake_clerk", _("受理员"), (Duty.READ, Duty.INTAKE, Duty.REPORT, Duty.OPEN_CONTACT)),
    ShippedRole(
        "dispatcher",
        _("派单员"),
        (Duty.READ, Duty.INTAKE, Duty.FILE, Duty.DISPATCH, Duty.REPORT, Duty.DECIDE, Duty.OPEN_CONTACT),
    ),
    ShippedRole("reviewer", _("审核员"), (Duty.READ, Duty.REVIEW)),
    ShippedRole("call_back_clerk", _("回访员"), (Duty.READ, Duty.CALL_BACK, Duty.OPEN_CONTACT)),
    ShippedRole(
        "centre_head",
        _("值班长"),
        (
            Duty.READ,
            Duty.INTAKE,
            Duty.FILE,
            Duty.DISPATCH,
            Duty.REVIEW,
            Duty.CALL_BACK,
            Duty.REPORT,
            Duty.DECIDE,
            Duty.SUPERVISE,
            Duty.CONFIDENTIAL,
            Duty.OPEN_CONTACT,
            Duty.EXPORT,
            Duty.ADMIN_MATTERS,
            Duty.KEEP_PLACES,
        ),
    ),
    ShippedRole("supervisor", _("督办员"), (Duty.READ, Duty.SUPERVISE, Duty.EXPORT)),
    ShippedRole(
        "leader_in_charge",
        _("分管领导"),
        (Duty.READ, Duty.LEAD, Duty.DECIDE, Duty.SUPERVISE, Duty.CONFIDENTIAL, Duty.EXPORT, Duty.APPROVE_MATTERS),
    ),
    ShippedRole(
        "community_secretary",
        _("社区书记"),
        (
            Duty.READ,
            Duty.INTAKE,
            Duty.FILE,
            Duty.DISPATCH,
            Duty.HANDLE,
            Duty.SIGN,
            Duty.VERIFY,
            Duty.CHECK,
            Duty.REPORT,
            Duty.OPEN_CONTACT,
            Duty.KEEP_PEOPLE,
            Duty.KEEP_PLACES,
        ),
    ),
    # Calls residents with a skill together; sees them only as long as they agree.
    ShippedRole("organiser", _("议事调解组织员"), (Duty.READ, Duty.ORGANISE, Duty.OPEN_CONTACT)),
    ShippedRole(
        "grid_head", _("网格长"), (Duty.READ, Duty.VERIFY, Duty.CHECK, Duty.REPORT, Duty.HANDLE, Duty.KEEP_PLACES)
    ),
    ShippedRole("grid_worker", _("专职网格员"), (Duty.READ, Duty.VERIFY, Duty.CHECK, Duty.REPORT)),
    ShippedRole("building_head", _("楼栋长"), (Duty.REPORT,)),
    ShippedRole("handler", _("承办人"), (Duty.HANDLE, Duty.OPEN_CONTACT), for_unit=True),
    ShippedRole("unit_head", _("单位负责人"), (Duty.HANDLE, Duty.SIGN, Duty.OPEN_CONTACT), for_unit=True),
    ShippedRole("liaison", _("联络员"), (Duty.HANDLE,), for_unit=True),
    # 三员分立: who keeps the system, who keeps its secrets and who looks at both are three persons,
    # and none of them reads cases.
    ShippedRole(
        "system_admin",
        _("系统管理员"),
        (
            Duty.ADMIN_PLACES,
            Duty.ADMIN_PEOPLE,
            Duty.ADMIN_MATTERS,
            Duty.ADMIN_CLOCKS,
            Duty.KEEP_PEOPLE,
            Duty.KEEP_PLACES,
        ),
    ),
    # Looks over grants of sensitive duties as the second person, and alone asks for an auditor.
    ShippedRole("security_officer", _("安全保密员"), (Duty.SECURE,)),
    ShippedRole("auditor", _("审计员"), (Duty.AUDIT,)),
)

BY_CODE = {one.code: one for one in ROLES}

# What the demo's sign-in page shows beside a role: its icon and what one does with it.
DEMO_LINES: dict[str, tuple[str, Label]] = {
    "intake_clerk": ("phone", _("接听、登记、初核")),
    "dispatcher": ("inbox", _("受理、派单、回访")),
    "building_head": ("megaphone", _("替居民上报，跟到办好")),
    "reviewer": ("search-check", _("看答复能不能出门")),
    "call_back_clerk": ("smile", _("问诉求人满不满意")),
    "handler": ("document", _("签收、处置、答复")),
    "unit_head": ("signature", _("签发本单位的答复")),
    "grid_worker": ("map", _("手机巡查、随手报")),
    "community_secretary": ("users", _("本社区的事和会")),
    "centre_head": ("whistle", _("审核、吹哨、督办")),
    "supervisor": ("bell-ring", _("催办、督办")),
    "leader_in_charge": ("chart", _("审批、清单、三率")),
    "system_admin": ("settings", _("区域、人员、日历")),
    "security_officer": ("key", _("登录安全、授权复核")),
    "auditor": ("shield", _("核对历史")),
}
