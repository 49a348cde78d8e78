"""What places themselves keep in areas, told to the kernel as every other app tells it (`kernel.lying`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from huying.kernel.actor import Actor
from huying.kernel.lying import PAGES, InAreas, Lying, lies_in_areas
from huying.kernel.terms import _
from huying.places.models import GridCount, GridDuty, OldNet, Place, WorkContract
from huying.places.queries.plans import lying
from huying.registers.declared import REGISTERS

ORDER = ("estate", "building", "facility", "waterway", "component")
BY_POINT = _("按地点归格")


def register(models: Iterable[type[Place]]) -> None:
    """Every kind of place, duties of grids, and old nets."""
    for place, model in enumerate(models):
        key = str(model._meta.model_name)
        PAGES[key] = partial(register_page, model)
        lies_in_areas(
            InAreas(
                key=key,
                label=LABELS.get(key) or model._meta.verbose_name or key,
                note=BY_POINT,
                order=ORDER.index(key) if key in ORDER else 10 + place,
                rows=partial(_places, model),
            )
        )
    lies_in_areas(
        InAreas("grid_duty", _("网格职责"), _("拆分后每一部分都有"), 40, rows=_duties, spreads=True),
    )
    lies_in_areas(InAreas("work_contract", _("作业承包"), _("随区域走"), 30, rows=_contracts))
    lies_in_areas(InAreas("grid_count", _("网格台账"), _("合并后相加；拆分后请重新数"), 42, rows=_counted))
    lies_in_areas(InAreas("old_net", _("没并的旧网"), _("随网格走"), 41, rows=_nets, spreads=True))


def register_page(model: type[Model], viewer: Actor, code: str) -> str:
    """The register's list cut to the area, where one keeps this model and the viewer reads it."""
    found = next((one for one in REGISTERS.values() if one.model is model), None)
    if found is None or not found.may_read(viewer):
        return ""
    return f"{reverse('registers:list', args=[found.key])}?{urlencode({'area_code': code})}"


LABELS = {"estate": _("小区"), "building": _("楼栋"), "facility": _("设施"), "waterway": _("水体"),
          "component": _("部件")}  # fmt: skip


def _places(model: type[Place], codes: Sequence[str]) -> Iterable[Lying]:
    rows = model._default_manager.filter(lying(codes)).order_by("pk")
    for pk, code, lng, lat in rows.values_list("pk", "area_code", "lng", "lat"):
        yield Lying(str(pk), code, lng, lat)


def _duties(codes: Sequence[str]) -> Iterable[Lying]:
    rows = GridDuty.objects.filter(lying(codes, field="grid_code")).order_by("pk")
    return (Lying(str(pk), code) for pk, code in rows.values_list("pk", "grid_code"))


def _nets(codes: Sequence[str]) -> Iterable[Lying]:
    rows = OldNet.objects.filter(lying(codes), ended_on=None).order_by("pk")
    return (Lying(str(pk), code) for pk, code in rows.values_list("pk", "area_code"))


def _contracts(codes: Sequence[str]) -> Iterable[Lying]:
    rows = WorkContract.objects.filter(lying(codes)).order_by("pk")
    return (Lying(str(pk), code) for pk, code in rows.values_list("pk", "area_code"))


def _counted(codes: Sequence[str]) -> Iterable[Lying]:
    rows = GridCount.objects.filter(lying(codes)).order_by("pk")
    return (Lying(str(pk), code) for pk, code in rows.values_list("pk", "area_code"))
