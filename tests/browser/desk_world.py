"""A working day at the desk of the small street: calls in every state, some late, some pressing. Through actions."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from PIL import Image

from huying.cases import actions
from huying.cases.rules import Channel
from huying.files.imaging import prepare_image
from huying.people.actions import keep_contact
from huying.people.queries import current_consent_text
from tests.world import BANYAN, GRID, KAPOK, OTHER_GRID, STREET, World, build_world, middle

HERE = datetime.fromisoformat("2026-10-20T14:20:00+08:00")  # a Tuesday afternoon


def photo(shade: int = 120):
    picture = Image.new("RGB", (640, 480), (shade, shade + 20, 160))
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return prepare_image(data.getvalue())


CALLS = [
    (
        "污水从沙井冒出来，漫到小区门口，老人小孩都踩着走。请今天派人疏通。",
        GRID,
        "榕树路 18 号南门",
        Channel.HOTLINE,
        5,
        0,
    ),
    ("榕树路 18 号南门的沙井又冒污水了，臭得很。", GRID, "榕树路 18 号南门", Channel.PORTAL, 4, 40),
    ("楼道里有人给电动车拉线充电，怕着火。", OTHER_GRID, "凤凰里 3 栋", Channel.PORTAL, 3, 30),
    ("小区门口的共享单车占满了盲道，过不去。", GRID, "榕树路口", Channel.WECHAT, 3, 0),
    ("夜里两点还在打桩，吵得睡不着，已经第三天了。", KAPOK + "001", "木棉路工地", Channel.HOTLINE, 2, 30),
    ("路灯连续三盏不亮，晚上走路看不见。", KAPOK + "001", "木棉路 22 号前", Channel.PORTAL, 2, 0),
    ("健身器材的螺丝松了，小朋友玩的时候会晃。", OTHER_GRID, "榕树公园", Channel.WINDOW, 1, 40),
    ("餐饮店的油烟直接排到楼上，窗户都不敢开。", GRID, "榕树路 6 号", Channel.PORTAL, 1, 0),
    ("想问一下居住证到期了在哪里续签？", GRID, "", Channel.WECHAT, 0, 30),
    ("垃圾桶满了两天没有人来收，招苍蝇。", GRID, "榕树路 10 号旁", Channel.PORTAL, 0, 20),
]


def build_day(now: datetime = HERE) -> World:
    """The street with about twenty cases as they stand at `now`."""
    start = now - timedelta(days=3)
    world = build_world(now=start - timedelta(days=1))
    people = world.people
    text = current_consent_text()

    def call(number: int, ago: timedelta, **options):
        words, grid, place, channel, _hours, _minutes = CALLS[number]
        lng, lat = middle(grid)
        spread = (number % 5 - 2) / 900
        contact = None
        if number % 3 == 0:
            contact = keep_contact(
                name="刘样本", phone="13800000012", address="", consent_text_version=text.version,
                actor=people["clerk"], now=now - ago,
            ).pk  # fmt: skip
        staff = channel in (Channel.HOTLINE, Channel.WINDOW)
        values = {
            "words": words, "channel": channel, "lng": lng + spread, "lat": lat - spread, "place_words": place,
            "contact_id": contact, "now": now - ago, **options,
        }  # fmt: skip
        if staff:
            values["actor"] = people["clerk"]
        return world.call(**values).case

    def dispatched(number: int, ago: timedelta, *, type_code: str = "0103", unit: str = "sanitation"):
        case = call(number, ago)
        return actions.register_file_dispatch(
            case.pk, lead_id=world.units[unit].pk, type_code=type_code, grade="ordinary",
            instruction="先到现场看，做好围挡。", actor=people["dispatcher"], now=now - ago + timedelta(minutes=20),
        )  # fmt: skip

    def at(ago: timedelta, minutes: int) -> datetime:
        return now - ago + timedelta(minutes=minutes)

    for number in range(len(CALLS)):
        hours, minutes = CALLS[number][4:]
        call(number, timedelta(hours=hours, minutes=minutes), images=[photo(90 + number * 9)] if number < 4 else ())
    long, yesterday = timedelta(days=2, hours=4), timedelta(days=1, hours=2)
    for number in (3, 7, 9):
        dispatched(number, timedelta(hours=1 + number / 10))
    for number, ago in ((6, long), (1, yesterday), (9, yesterday)):
        case = dispatched(number, ago)
        actions.sign_in_order(case.pk, actor=people["handler"], now=at(ago, 40))
    for number, ago in ((9, long), (3, long), (6, yesterday), (7, yesterday), (1, long)):
        case = dispatched(number, ago)
        actions.sign_in_order(case.pk, actor=people["handler"], now=at(ago, 40))
        actions.submit_result(
            case.pk, outcome="explained", answer="已经到现场处理，谢谢您告诉我们。", actor=people["handler"],
            now=at(ago, 90),
        )  # fmt: skip
        if number in (6,):
            continue
        actions.sign_result(case.pk, actor=people["unit_head"], now=at(ago, 110))
        if number in (7, 1):
            continue
        actions.review_result(case.pk, actor=people["reviewer"], now=at(ago, 150))
    back = dispatched(5, yesterday)
    actions.ask_return(
        back.pk,
        clause="第 12 项不归环卫站",
        reason="灯杆归小区物业管。",
        actor=people["handler"],
        now=at(yesterday, 50),
    )
    actions.decide_return(
        back.pk, order_id=back.orders.get().pk, granted=True, words="同意", actor=people["dispatcher"],
        now=at(yesterday, 70),
    )  # fmt: skip
    seen = call(2, yesterday)
    actions.send_to_verify(seen.pk, actor=people["head"], now=at(yesterday, 15))
    asked = call(8, timedelta(hours=2))
    actions.ask_decline(
        asked.pk, clause="不属履职清单", reason="属于出入境窗口业务。", where_to="政务服务窗口",
        actor=people["dispatcher"], now=now - timedelta(hours=1),
    )  # fmt: skip
    return world


__all__ = ["BANYAN", "HERE", "STREET", "build_day", "photo"]
