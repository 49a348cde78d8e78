"""The shipped words of consent, by version and language. A version that was shown is never edited: add one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShippedConsent:
    version: int
    language: str
    text: str


TEXTS: tuple[ShippedConsent, ...] = (
    ShippedConsent(
        1,
        "zh-hans",
        "为了联系您办理这件事、回访结果，我们会保存您留下的姓名、电话和地址。"
        "这些资料加密存放，平时只显示一部分；工作人员要看全部，必须写明用途，您可以查到谁在什么时候看过。"
        "事情办结满 12 个月后自动删除。不留联系方式也可以反映问题，办理不受影响。"
        "您随时可以撤回同意，撤回后我们立即删除。",
    ),
    ShippedConsent(
        1,
        "zh-hant",
        "為了聯絡您辦理這件事、回訪結果，我們會保存您留下的姓名、電話和地址。"
        "這些資料加密存放，平時只顯示一部分；工作人員要看全部，必須寫明用途，您可以查到誰在什麼時候看過。"
        "事情辦結滿 12 個月後自動刪除。不留聯絡方式也可以反映問題，辦理不受影響。"
        "您隨時可以撤回同意，撤回後我們立即刪除。",
    ),
    ShippedConsent(
        1,
        "en",
        "To contact you about this matter and to ask about the result, we keep the name, phone number and address "
        "you leave. They are stored encrypted and normally shown in part only; staff who need to see them in full "
        "must state a purpose, and you can see who looked and when. "
        "They are deleted 12 months after the matter has ended. "
        "You may report without leaving contact data; your matter is handled all the same. "
        "You may withdraw your consent at any time, and we then delete the data at once.",
    ),
    # Version 2 is asked for the list of skills, not of callers.
    ShippedConsent(
        2,
        "zh-hans",
        "您同意把您的称呼、电话和专长登记在社区人才库里，只用来邀请您参加议事协商和矛盾调解，"
        "只有组织议事调解的工作人员能看到，每次查看都有记录。同意最多两年有效，到期自动删除，也不会影响您办任何事。"
        "您随时可以凭登记时给您的编号撤回，撤回后我们立即删除。",
    ),
    ShippedConsent(
        2,
        "zh-hant",
        "您同意把您的稱呼、電話和專長登記在社區人才庫裡，只用來邀請您參加議事協商和矛盾調解，"
        "只有組織議事調解的工作人員能看到，每次查看都有記錄。同意最多兩年有效，到期自動刪除，也不會影響您辦任何事。"
        "您隨時可以憑登記時給您的編號撤回，撤回後我們立即刪除。",
    ),
    ShippedConsent(
        2,
        "en",
        "You agree that your name, phone number and skill are kept in the community's list of skills, only to invite "
        "you to deliberation and mediation. Only staff who organise these see it, and each look is written down. "
        "Your consent runs for two years at most and the data is then erased; nothing else depends on it. "
        "You may take it back at any time with the number you were given, and we then erase the data at once.",
    ),
)

CURRENT = 1
SKILLS = 2
BY_KEY = {(one.version, one.language): one for one in TEXTS}


def shipped(version: int, language: str) -> ShippedConsent | None:
    """The shipped text in a language, or in Simplified Chinese; None where the version was never shipped."""
    return BY_KEY.get((version, language.lower())) or BY_KEY.get((version, "zh-hans"))
