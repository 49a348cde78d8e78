"""What points to a person is hidden in words: names, phones, identity numbers, plates, addresses on the net, doors.

By form: a name is known by what stands before or behind it, or by a common surname with letters that only names have.
So a rare bare name may stay: whoever sends words out reads them first. Names of places, roads and estates stay. Each
piece becomes `HIDDEN`. Pure; under 1 ms for 1,000 characters. A pattern may not grow faster than its text: each is
bounded and begins at one kind of character.
"""

from __future__ import annotations

import re

HIDDEN = "○○"

_DAY = r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
_DAYS = re.compile(rf"(?<![\d\-]){_DAY}(?![\d\-])")
_NUMBERS = re.compile(r"\+?\d[\d\s\-]{5,24}[\dXx]")
_NUMBERS_OR_DAYS = re.compile(rf"(?<![\d\-])({_DAY})(?!\d)|\+?\d[\d\s\-]{{5,24}}[\dXx]")
_SPOKEN = re.compile(r"[零〇一二三四五六七八九幺]{7,30}")
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,120}")
_CHAT = re.compile(r"(?:微信号?|wxid|v信|QQ号?|扣扣号?)[:：_\s]{0,3}[A-Za-z0-9_\-]{4,30}", re.IGNORECASE)
_PLATES = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-Za-hj-z][·•.\s\-]?"
    r"(?=[A-Za-z0-9]{0,5}\d)[A-Za-z0-9]{4,5}[A-Za-z0-9挂学警港澳](?![A-Za-z0-9])"
    r"|车牌号?(?:码|是|为)?[:：\s]{0,2}[A-Za-z0-9·]{4,8}(?![A-Za-z0-9])"
)
_COUNTED = r"[\d一二三四五六七八九十百]{1,6}"
_HOMES = re.compile(
    rf"(?:{_COUNTED}\s{{0,3}}(?:号楼|栋|幢|座|单元|室|房|楼)(?![镇乡村路街])){{1,4}}(?:[\dA-Za-z]{{1,5}}(?!\d))?"
    rf"|(?<![\d\-])\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?![\d\-])"
)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳褚卫"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|夏侯|皇甫|尉迟|端木|东方|令狐|慕容|南宫"
_SURNAME = rf"(?:{_DOUBLE}|[{_SURNAMES}])"
# Letters that given names are made of and other words seldom.
_GIVEN = (
    "伟芳娜敏静丽强磊洋勇艳杰娟涛超秀霞刚桂英华玉萍红娥玲芬燕彬鹏辉琴云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉洁梅琳素"
    "雅珠锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琦晶妍茜秋珊莎黛倩婕馨瑗琰韵融艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣"
    "建国志明军保东文辉力明永健广志义兴良仁波宁贵福生龙元国胜学祥发新利清飞彬富顺信子杰涛昌成康星光岩茂"
    "进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆磊民友裕哲超浩亮政谦亨奇轮翰朗伯宏鸣朋斌梁栋维启克伦翔旭"
    "鹏泽晨辰士以建家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘俊峰示例某梓涵轩宇浩然诗琪慧淑凤兰菊春花仙巧彩银珍喜"
)
# What stands behind a name: how people are called, and what they are to the caller.
_CALLED = (
    "女士|先生|小姐|阿姨|叔叔|大爷|大妈|大娘|大姐|大哥|大嫂|大伯|师傅|老师|同志|伯伯|奶奶|爷爷|婆婆|太太|老伯|老太|同学"
    "|医生|护士|律师|教练|经理|老板|店主|房东|队长|科长|处长|局长"
    "|书记|主任|所长|校长|站长|组长|警官|法官"
)
_PRIVATELY = (
    "女士", "先生", "小姐", "阿姨", "叔叔", "大爷", "大妈", "大娘", "大姐", "大哥", "大嫂", "大伯", "伯伯", "奶奶",
    "爷爷",
    "婆婆", "太太", "老伯", "老太",
)  # fmt: skip
_TITLED = re.compile(rf"{_SURNAME}(?:某{{1,2}}|[\u4e00-\u9fff]{{0,2}}?)(?:{_CALLED})")
_ALONE = re.compile(r"[\u4e00-\u9fff]?(?:女士|先生|小姐|阿姨|叔叔|大爷|大妈|大姐|大哥|师傅|老师|同志|伯伯|奶奶|爷爷)")
# Words that begin like a name.
_NO_NAMES = (
    r"万元|万利|万家|高峰|高兴|高新|高龙|高露|成立|成功|金银|方言|白花|温和|武士|路灯|关[政心行]"
    r"|何政|于国|于家|江花|文化|文明"
)
_NAMED = re.compile(
    r"(姓名(?:是|为|叫)?|名字(?:是|叫)?|我叫|名叫|他叫|她叫|叫做|本人|联系人|申请人|当事人|举报人|投诉人|户主|业主|房主"
    r"|租户|租客|法人|法定代表人|负责人|责任人|患者|死者|住户|邻居|老公|老婆|丈夫|妻子|儿子|女儿|父亲|母亲|爸爸|妈妈"
    r"|[我他她][爸妈爷奶哥姐弟妹])"
    rf"([:：\s]{{0,2}})((?!{_NO_NAMES}){_SURNAME}(?:某{{1,2}}|[{_GIVEN}]{{1,2}}))"
)
_PLACED = (
    "路|街|巷|村|镇|乡|县|市|区|州|省|园|苑|里|桥|厦|庭|府|城|湖|山|江|河|湾|岛|寺|庙|塔|站|港|坊|楼|店|馆|院|校|厂|中学|小学"
    "|大学|医院|公司|集团|商场|市场|广场|小区|社区|花园|公馆|公寓|家园|酒店|银行|酒楼|超市|大道"
)
_BARE = re.compile(
    r"(?:(?<![\u4e00-\u9fff○])|(?<=[话找问叫是由被和与跟向请让名人员给对的说有为]))"
    rf"(?!{_NO_NAMES})(?:{_DOUBLE}|[{_SURNAMES}])[{_GIVEN}]{{2}}(?![\u4e00-\u9fff]{{0,3}}(?:{_PLACED}))"
    rf"|{_SURNAME}(?:某某|某(?![\u4e00-\u9fff])|示例)"
)

_STEPS = (_CHAT, _MAIL, _PLATES, _NUMBERS_OR_DAYS, _SPOKEN, _HOMES, _TITLED, _BARE)
_MOST_PASSES = 4


def mask(text: str) -> str:
    """The text with everything hidden that points to a person. Masking again changes nothing."""
    for _again in range(_MOST_PASSES):
        masked = _once(text)
        if masked == text:
            break
        text = masked
    return text


def _once(text: str) -> str:
    for one in _STEPS:
        text = one.sub(_day_or_hidden, text)
    text = _ALONE.sub(HIDDEN, text)
    return _NAMED.sub(rf"\1\2{HIDDEN}", text)


def _day_or_hidden(found: re.Match[str]) -> str:
    return found[1] if found.re is _NUMBERS_OR_DAYS and found[1] else HIDDEN


def names(text: str) -> list[tuple[int, int]]:
    """Where names of persons stand, but for those who are called by an office or a trade."""
    found = [one.span() for one in _BARE.finditer(text)]
    found += [one.span() for one in _TITLED.finditer(text) if one[0].endswith(_PRIVATELY)]
    return sorted(found)


def has_number(text: str) -> bool:
    """Whether a run of digits stands in the text that may be a phone or an identity number; a day is none."""
    return _NUMBERS.search(_DAYS.sub("|", text)) is not None


def without_reach(text: str) -> str:
    """The text without what a person could be reached by: numbers, mail, chat names. Places stay."""
    for one in (_CHAT, _MAIL, _NUMBERS):
        text = one.sub(HIDDEN, text)
    return text


def names_somebody(text: str) -> bool:
    """Whether words for everybody hold a mobile number or an identity number, however its digits are parted."""
    return _MOBILE_OR_IDENTITY.search(_APART.sub("", text)) is not None


_MOBILE_OR_IDENTITY = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
_APART = re.compile(r"(?<=\d)[\s\-](?=\d)")


_OF_PERSONS = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:\+?86[- ]?)?1[3-9]\d{9}"  # mobile
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]\d{4}[- ]\d{4}"
    r"|0\d{2,3}[- ]?[2-9]\d{6,7}"  # with an area code
    r"|[1-9]\d{16}[\dXx]"  # identity number
    r")(?![0-9A-Za-z])"
)


def without_numbers(text: str, mark: str = HIDDEN) -> str:
    """The text without what surely is a phone or an identity number; numbers of orders and cases stay."""
    return _OF_PERSONS.sub(mark, text)
