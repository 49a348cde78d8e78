"""One spelling for many: full and half width, capitals, traditional characters, and words of dialects.

It serves comparing alone: what was said is stored and shown as it was said.
"""

from __future__ import annotations

import unicodedata

# Characters that callers use most, pair by pair: traditional, simplified.
_TRADITIONAL = (
    "電电樓楼門门車车開开關关壞坏滅灭燈灯線线話话訊讯號号網网絡络費费錢钱銀银貸贷賣卖買买購购價价貴贵賠赔償偿賬账帳账債债資资財财產产業业務务職职員员領领補补貼贴養养護护醫医藥药療疗衛卫潔洁髒脏塵尘煙烟霧雾"
    "氣气風风颱台湧涌溝沟滲渗滿满淺浅溫温濕湿災灾熱热燒烧爐炉爾尔獨独獄狱貓猫鳥鸟魚鱼雞鸡鴨鸭蟲虫蠅蝇樹树葉叶橋桥欄栏桿杆樁桩牆墙頂顶廳厅廁厕廚厨廠厂庫库廣广場场園园圍围國国區区縣县鄉乡鎮镇莊庄戶户鄰邻鄭郑"
    "陳陈陽阳陰阴隊队階阶際际隨随險险隱隐難难離离雜杂雙双響响頭头題题類类額额願愿顧顾顯显飛飞飯饭飲饮館馆餘余驗验驚惊駕驾騙骗騎骑騷骚馬马駛驶駐驻體体髮发鬥斗鬧闹黨党點点齊齐齡龄龍龙對对導导將将專专層层屬属"
    "歲岁幹干幾几應应廢废強强彈弹徑径從从復复懷怀態态慮虑憂忧憲宪懶懒戲戏戰战執执擴扩掃扫掛挂採采換换損损搖摇搶抢擋挡擔担據据擠挤擁拥擇择擊击擾扰攔拦攤摊敗败敵敌數数斷断時时晝昼暫暂曬晒書书會会東东條条來来"
    "個个們们倆俩倉仓偽伪側侧偵侦傷伤傳传優优儲储兒儿內内兩两冊册凍冻凈净淨净準准劃划則则剛刚創创劑剂劇剧勁劲動动勞劳勢势勵励勸劝匯汇單单厲厉參参吳吴嗎吗問问嘆叹嚇吓嚴严圖图團团報报塊块墊垫墜坠壓压壯壮聲声"
    "處处備备夠够夾夹奪夺獎奖婦妇媽妈孫孙學学寧宁實实審审寫写寬宽寶宝尋寻擺摆於于棄弃榮荣樣样標标樂乐機机權权歡欢歷历歸归殘残殺杀決决沒没況况潑泼為为無无營营爭争牽牵狀状獲获現现環环異异瘋疯瘡疮癢痒盜盗盡尽"
    "監监盤盘眾众睏困矚瞩確确碼码礙碍禮礼禍祸種种積积稱称穩稳窮穷競竞筆笔節节範范築筑簡简簽签籬篱糧粮糾纠紀纪約约紅红紙纸級级紛纷細细終终組组結结給给統统絕绝經经綠绿維维緊紧編编縫缝縮缩總总績绩織织繞绕繼继"
    "續续纏缠罰罚罷罢義义習习聽听聯联聖圣聞闻膠胶腦脑腫肿與与興兴舊旧艙舱藝艺莖茎蓋盖蘇苏蘭兰蟻蚁術术衝冲裝装裡里裏里製制複复見见規规視视覺觉親亲觀观觸触訂订計计訓训記记許许設设訪访評评詐诈詢询試试該该詳详"
    "誌志認认誤误說说誰谁課课調调請请論论諮咨證证識识譯译議议讓让豬猪貨货質质趕赶跡迹踐践軌轨軍军軟软輕轻輪轮輸输轉转轟轰辦办辭辞農农這这連连進进運运過过達达違违遊游遠远適适遲迟遷迁選选遺遗還还邊边郵邮醜丑"
    "釋释針针鈴铃鋼钢錄录錯错鍋锅鎖锁鏽锈鐘钟鐵铁鑰钥長长閃闪閉闭閒闲間间閘闸闖闯靜静頻频預预須须麼么麵面蠟蜡後后乾干緒绪燙烫誘诱籤签縱纵擬拟攜携檢检腳脚臟脏臉脸鞦秋韆千擱搁曠旷礦矿"
)
# What dialects write for everyday words.
_DIALECT = {
    "冇": "没有", "唔": "不", "嘅": "的", "佢": "他", "喺": "在", "啲": "些", "咁": "这么", "乜": "什么", "嘢": "东西",
    "俾": "给", "畀": "给", "睇": "看", "嘈": "吵", "搵": "找", "揾": "找", "咗": "了", "哋": "们", "嗰": "那",
    "甴": "蟑", "曱": "螂", "𨋢": "电梯", "咋": "怎么", "啥": "什么", "噶": "的", "俺": "我", "恁": "你", "孬": "不好",
}  # fmt: skip
_TABLE = {**dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)), **_DIALECT}


def placed(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in `text` it comes from."""
    pieces: list[str] = []
    places: list[int] = []
    for place, one in enumerate(text):
        if "\u4e00" <= one <= "\u9fff":
            piece = _TABLE.get(one, one)
        else:
            wide = unicodedata.normalize("NFKC", one).casefold()
            piece = "".join(_TABLE.get(part, part) for part in wide)
        pieces.append(piece)
        places += [place] * len(piece)
    return "".join(pieces), places


def folded(text: str) -> str:
    """The text in one spelling, for comparing."""
    return placed(text)[0]
