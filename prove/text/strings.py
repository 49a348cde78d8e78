"""Strings that break things: naughty ones in every style, and Chinese ones made by rule. All written for this project."""

# Tables of values are wide.
# ruff: noqa: E501

from __future__ import annotations

from functools import cache
from itertools import product

CANARY = "huying_canary"
CALL = f"window.{CANARY}=1"

_EVENTS = (
    "onerror",
    "onload",
    "onclick",
    "onmouseover",
    "onfocus",
    "ontoggle",
    "onbegin",
    "onanimationstart",
    "onpointerenter",
)
_TAGS = (
    "<img src=x {0}={1}>", "<svg {0}={1}>", "<body {0}={1}>", '<input autofocus {0}="{1}">', "<details open {0}='{1}'>",
    "<video><source {0}={1}></video>", "<iframe src=about:blank {0}={1}></iframe>", "<a href=# {0}={1}>呼</a>",
    '"><img src=x {0}={1}>', "'><svg/{0}={1}>", "</textarea><img src=x {0}={1}>", "</title><svg {0}={1}>",
    "</script><img src=x {0}={1}>", "--><img src=x {0}={1}>", "]]><img src=x {0}={1}>", "<math><mtext {0}={1}>",
    "<IMG SRC=x {0}={1}>", "<img/src=x\t{0}={1}>", "<x {0}={1}>", "`><img src=x {0}={1}>",
)  # fmt: skip
_SCRIPTS = (
    "<script>{0}</script>", "<SCRIPT>{0}</SCRIPT>", "<script >{0}</script >", "<scr<script>ipt>{0}</scr</script>ipt>", "<script/x>{0}</script>",
    "<script src=data:text/javascript,{0}></script>", "<a href=javascript:{0}>呼</a>", "<a href='JaVaScRiPt:{0}'>a</a>",
    "<a href=&#106;avascript:{0}>a</a>", "<a href='java\tscript:{0}'>a</a>", "javascript:{0}", "data:text/html,<script>{0}</script>",
    "<iframe srcdoc='<script>{0}</script>'></iframe>", "<form action=javascript:{0}><button>a</button></form>", "<base href=javascript:{0}//>",
    "<object data=javascript:{0}></object>", "<embed src=javascript:{0}>", "<meta http-equiv=refresh content=0;url=javascript:{0}>",
    "<link rel=stylesheet href=javascript:{0}>", "<style>@import'javascript:{0}'</style>", "<div style=background:url(javascript:{0})>a</div>",
    "<svg><script>{0}</script></svg>", "<svg><a xlink:href=javascript:{0}><text>a</text></a></svg>", "<template><script>{0}</script></template>",
    "<noscript><p title=\"</noscript><script>{0}</script>\">", "<!--<script>{0}</script>-->", "<![CDATA[<script>{0}</script>]]>",
    "';{0};//", "\";{0};//", "</script><script>{0}</script>", "${{{0}}}", "{{{{{0}}}}}", "{{%{0}%}}", "#{{{0}}}", "<%={0}%>", "{{{{constructor.constructor('{0}')()}}}}",
    "&lt;script&gt;{0}&lt;/script&gt;", "%3Cscript%3E{0}%3C/script%3E", "\\u003cscript\\u003e{0}\\u003c/script\\u003e", "＜script＞{0}＜/script＞",
    "<hx hx-get=/ hx-trigger=load hx-on::load={0}>", "<div hx-on:click={0}>a</div>", "<div data-hx-get=/ data-hx-trigger=load>a</div>",
)  # fmt: skip
_PLAIN = (
    "_x0041_", "_x000D_", "a_x0000_b", "_x005F_x0041_",
    "undefined", "null", "NULL", "(null)", "nil", "None", "NaN", "Infinity", "-Infinity", "true", "false", "True", "0", "1", "-1", "1.0", "1e5",
    "1E+02", "0x10", "0b1", "0o7", "1/0", "01", "007", "1,000.00", "1.000,00", "½", "²", "٠١٢", "१२", "９９", "一二三", "〇", "零", "壹",
    "hasOwnProperty", "__proto__", "constructor", "toString", "then", "id", "csrfmiddlewaretoken", "\\", "\\\\", "/", "//", "/*", "*/", "--", "#",
    "'", "''", '"', '""', "`", "'\"", "'; DROP TABLE a;--", "1 OR 1=1", "1' OR '1'='1", "' UNION SELECT NULL--", "%' OR ''='", "admin'--", "$$", "$1",
    "%s%p%x%n", "%d", "%(a)s", "{0}", "{a.__class__}", "{{a}}", "{% load x %}", "$(touch x)", "`touch x`", "|ls", ";ls", "&& ls", "../../etc/passwd",
    "..\\..\\x", "file:///etc/passwd", "C:\\x", "CON", "NUL", "AUX", "LPT1", "ls\nls", "a\r\nSet-Cookie: a=b", "a%0d%0aX: y", "<xml/>", "<!DOCTYPE a>",
    "<!ENTITY x 'y'>", "&amp;", "&lt;", "&#39;", "&#x27;", "&nbsp;", "&", "&&", "<", ">", "<>", "< a", "a <b", "</", "<!--", "-->", "<?php ?>", "<% %>",
    "¯\\_(ツ)_/¯", "(╯°□°)╯︵ ┻━┻", "ÅÍÎÏ˝ÓÔÒÚÆ☃", "Ω≈ç√∫˜µ≤≥÷", "åß∂ƒ©˙∆˚¬…æ", "œ∑´®†¥¨ˆøπ“‘", "¡™£¢∞§¶•ªº–≠", "ЁЂЃЄЅІЇ", "ثم نفس سقطت", "בְּרֵאשִׁית", "ﷺ", "ﷲ",
    "ด้้้้้็็็็็้้้้้", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗A͞L̠G̱O̝", "田中さんにあげて下さい", "社會科學院語學研究所", "찦차를 타고 온", "和製漢語", "𠜎𠜱𠝹𠱓", "ABC<div>", "Ⱥ", "Ⱦ", "ı", "İ", "ß", "ẞ", "ﬁ", "Ａ", "①", "㍿", "℡",
    "\u2028", "\u2029", "a\u2028b", "a\u0085b", "\u00a0", "a\u00a0b", "\u3000", "a\u3000b", "\u200b", "a\u200bb", "\u200c", "a\u200db", "\u2060", "\ufeff", "a\ufeffb",
    "\u00ad", "\u180e", "\u202e反", "\u202a左", "\u2066内\u2069", "\u200f右", "\u061c", "\u0000", "a\u0000b", "\u0001", "\u0008", "\u001b[31m", "\u007f", "\u0080", "\u009f",
    "\ud800", "\udfff", "a\ud83d", "\udc00b", "\uffff", "\ufffe", "\ufffd", "\U0010ffff", "\U0001f4a9", "\t", "\ta", "a\tb", "\n", "a\nb", "\r", "a\rb", "a\r\nb", " a", "a ", "  a  b  ",
    "\x0b", "\x0c", "e\u0301", "é", "n\u0303", "\u0301a", "가", "\u1100\u1161", "q\u0307\u0323", "q\u0323\u0307", "\u212b", "\u2126", "\u1e9b\u0323", "a" * 199, "a" * 200, "a" * 201, "a" * 2001, "a" * 10_000, "a" * 10_001,
    "http://a/%%30%30", "https://foo.example/?a=<b>&c=\"d\"", "mailto:a@b", "tel:110", "//evil.example", "a@b.example", "<a@b.example>", "13800000000", "sudo", "Robert'); --",
    "time.sleep(1)", "import os", "eval(1)", "$HOME", "%USERPROFILE%", "~", "~root", "-rf", "--help", "*", "?", "[", "]", "{", "}", "(", ")", "^", "$", ".", "..", "...", ",", ";", ":", "!", "@", "|", "+", "=", "_", "-",
)  # fmt: skip
FORMULAS = tuple(
    start + rest
    for start, rest in product(
        (
            "=",
            "+",
            "-",
            "@",
            "\t=",
            "\r=",
            "'=",
            "''=",
            "＝",
            "＋",
            "－",
            "＠",
            " =",
            "\u200b=",
            "%=",
            "|",
            ";=",
            '"=',
            "=\t",
        ),
        ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://127.0.0.1:9/?"&A1,"a")', "SUM(1,2)", "A1"),
    )
)
"""What a sheet would run, and what looks nearly so."""


@cache
def naughty() -> tuple[str, ...]:
    """Scripts in every dress, words of machines, signs, spaces, halves, ends of lines, formulas."""
    found = [tag.format(event, CALL) for tag, event in product(_TAGS, _EVENTS)]
    found += [script.format(CALL) for script in _SCRIPTS]
    found += [*_PLAIN, *FORMULAS]
    return tuple(dict.fromkeys(found))


# Characters whose code points changed with GB18030-2022: six ideographs of the radicals and ten forms of signs.
GB2022 = "龴龵龶龷龸龹龺龻︐︒︑︓︔︕︖︗︘︙"
_PRIVATE_OF_OLD = "".join(
    map(chr, [*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864])
)
_BLOCKS = (
    (0x4E00, 0x9FFF, 211), (0x3400, 0x4DBF, 67), (0x20000, 0x2A6DF, 401), (0x2A700, 0x2B738, 53), (0x2B740, 0x2B81D, 23),
    (0x2B820, 0x2CEA1, 71), (0x2CEB0, 0x2EBE0, 79), (0x30000, 0x3134A, 61), (0x31350, 0x323AF, 59), (0x2EBF0, 0x2EE5D, 29),
    (0xF900, 0xFAD9, 13), (0x2F800, 0x2FA1D, 17), (0x2E80, 0x2FD5, 9), (0x31C0, 0x31E3, 3),
)  # fmt: skip
"""Ideographs: the basic block, the extensions A to I, the compatibility ones, radicals and strokes; and a stride."""
_NAMES = "李王张陈示例样本试行"
_STREETS = ("榕树路{0}号", "{0}家祠堂门口", "第{0}网格", "{0}记饭店，油烟大", "我叫{0}，住在三楼", "“{0}”字招牌掉了")
_FACES = (
    "👨‍👩‍👧‍👦", "🧑🏽‍🚒", "👩🏻‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇨🇳", "☎️", "☎︎", "1️⃣", "#️⃣", "❤️‍🔥", "🐻‍❄️", "👁️‍🗨️", "🧏🏾‍♀️", "🏳️‍🌈", "🫱🏻‍🫲🏿", "⛹🏿‍♂️", "👩‍🦰", "🈚️", "🀄️", "㊙️", "㊗️", "🉐",
)  # fmt: skip


@cache
def chinese() -> tuple[str, ...]:
    """Names and places with rare characters, selectors, marks of direction, full width, private use and the rest."""
    found: list[str] = []
    for first, last, stride in _BLOCKS:
        for number, code in enumerate(range(first, last + 1, stride)):
            sign = chr(code)
            found.append(
                _STREETS[number % len(_STREETS)].format(sign) if number % 3 else f"{_NAMES[number % len(_NAMES)]}{sign}"
            )
    for place, sign in enumerate("邊邉辻葛祇芦鯖榊逢煉龍骨直次角今令"):
        for selector in (*range(0xFE00, 0xFE04), 0xFE0E, 0xFE0F, *range(0xE0100, 0xE0110)):
            found.append(f"{_NAMES[place % len(_NAMES)]}{sign}{chr(selector)}")
    found += [f"李{sign}" for sign in "〇○零Ｏ0〇〇々〻〆仝ヶㄅㄧˇ·・‧．•"]
    found += [text.translate({one: one + 0xFEE0 for one in range(0x21, 0x7F)}) for text in (
        "ABC 123", "No.18-3", "a@b.example", "<script>", "=1+1", "(2026)", "100%", "A&B", "'\"", "../../a", "3#", "13800000000",
    )]  # fmt: skip
    found += [
        f"{before}{mark}{after}"
        for mark in map(
            chr, (0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x061C)
        )
        for before, after in (("榕树路", "18号"), ("", "示例"), ("王", ""), ("东门 ", " abc 西门"))
    ]
    found += [f"{where}{face}" for where in ("", "路灯坏了", "李示例 ", "三楼\n") for face in _FACES]
    found += [f"{one}{sign}{other}" for sign in ("\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\n", "\r", "\r\n", "\n\n\n", "\t", "\u3000", "\u00a0")
              for one, other in (("甲", "乙"), ("", "丙"), ("丁", ""), ("第一行", "第二行"))]  # fmt: skip
    found += [
        f"{one}{chr(code)}{other}" for code in (*range(0x20), *range(0x7F, 0xA0)) for one, other in (("榕", "树"),)
    ]
    found += [
        f"{one}{half}{other}"
        for half in ("\ud800", "\udbff", "\udc00", "\udfff", "\ude00\ud83d")
        for one, other in (("榕", "树"), ("", "路"), ("口", ""))
    ]
    found += [
        base + mark * times
        for base in "好字a三"
        for mark in ("\u0301", "\u0308", "\u20dd", "\u3099", "\u302a", "\u0489")
        for times in (1, 2, 30)
    ]
    found += [f"{sign}字" for sign in GB2022 + _PRIVATE_OF_OLD]
    found += [f"{chr(code)}路" for code in (0xE000, 0xE5E5, 0xF8FF, 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD)]
    found += [
        f"{_NAMES[code % 10]}{chr(code)}"
        for code in (*range(0xFDD0, 0xFDF0, 3), 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0x0378, 0x1F9FF, 0xE0001, 0xE0041)
    ]
    found += [
        "字" * length
        for length in (1, 20, 40, 60, 61, 80, 120, 199, 200, 201, 500, 1999, 2000, 2001, 9_999, 10_000, 10_001)
    ]
    found += ["𠮷" * length for length in (60, 61, 200, 201, 10_000, 10_001)]
    found += [
        "好\u0301" * 100,
        "👨‍👩‍👧‍👦" * 9,
        "，。、；：？！“”‘’（）《》【】…—～·",
        "　　缩进两格",
        "１．２．３",
        "㈠㈡㈢",
        "㎡㎞℃",
        "ⅠⅡⅢ",
        "①②③",
        "¥￥",
        "丨亅丿乙",
        "𝕳𝖚",
        "ｱｲｳ",
        "ﾊﾟ",
    ]
    digits = "一二三四五六七八九十"
    found += [
        f"{_NAMES[first]}{digits[second]}{third}"
        for first, second in product(range(10), range(10))
        for third in "·路巷弄里"
    ]
    return tuple(dict.fromkeys(found))


@cache
def huge() -> tuple[str, ...]:
    """Lines of ten megabytes: refused, and quickly."""
    return (
        "a" * 10_000_000,
        "字" * 3_400_000,
        "<script>" * 1_250_000,
        "\u202e" * 3_400_000,
        "\n" * 10_000_000,
        "=" * 10_000_000,
    )


def every() -> tuple[str, ...]:
    return (*naughty(), *chinese())
