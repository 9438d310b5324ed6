"""Chinese as it is meant: traditional and simplified characters alike, words behind disguises.

Offers for invoices, loans and bets are written so that programs miss the word and people do not:
a character that looks or sounds alike, marks between the characters, one character a line.
"""

import re
from collections.abc import Iterator

from posthouse.mail.filtering.model import much
from posthouse.mail.search.tokens import CJK

# Traditional and simplified, in turn: the characters of business, money and everyday mail.
PAIRS = (
    "發发開开關关門门閱阅間间問问聞闻閒闲閉闭闊阔闆板貨货貿贸買买賣卖資资質质費费貸贷贈赠購购賠赔賬账貴贵賀贺賞赏賭赌賺赚贏赢財财貢贡負负責责貧贫貼贴賓宾賴赖贊赞價价億亿優优個个們们"
    "傳传僅仅倉仓偉伟側侧偵侦傷伤傾倾僑侨儲储償偿儘尽佈布來来倫伦備备債债稅税種种積积稱称穩稳穫获穀谷獎奖獲获獨独獻献狀状猶犹電电靈灵雲云霧雾靜静項项順顺須须預预領领頭头題题額额顧顾"
    "顯显願愿類类頻频頁页頂顶頒颁頓顿風风飛飞飯饭飲饮餘余館馆養养馬马駕驾騎骑騙骗驗验驚惊驅驱驟骤體体髮发魚鱼鮮鲜鳥鸟鷄鸡麗丽麥麦黃黄點点黨党齊齐齒齿龍龙龜龟國国圖图園园團团圓圆圍围"
    "場场報报塊块壞坏壓压壽寿墊垫牆墙壯壮聲声處处複复夠够夢梦夾夹奪夺奮奋婦妇媽妈孫孙學学寶宝實实審审寫写寬宽寧宁導导對对尋寻將将專专屬属屆届層层島岛嶺岭幣币帳账帥帅師师幫帮幹干幾几"
    "庫库廠厂廣广廢废廳厅應应廟庙弔吊張张強强彈弹彎弯彙汇後后徑径從从復复徵征徹彻恆恒悅悦惡恶惱恼愛爱慶庆憂忧憑凭懷怀態态慣惯懸悬戀恋戲戏戰战戶户拋抛掃扫掛挂採采揀拣換换揚扬損损搶抢"
    "搖摇擔担據据擇择擊击擴扩擁拥擬拟擠挤攝摄攔拦攜携敗败敘叙數数敵敌斷断於于時时晉晋曆历曉晓暫暂書书會会東东條条楊杨業业極极構构槍枪樂乐樓楼標标樣样樹树橋桥機机檔档檢检權权櫃柜欄栏"
    "歡欢歐欧歲岁歷历歸归殘残殺杀氣气決决沒没況况淚泪淨净減减渦涡測测湯汤滅灭滿满漢汉潤润濟济濃浓濕湿瀏浏灣湾灘滩為为烏乌無无煙烟煩烦熱热燈灯燒烧營营爐炉爭争爾尔牽牵產产畢毕畫画當当"
    "療疗盡尽監监盤盘盧卢眾众睏困瞭了矚瞩礎础碼码確确禮礼禍祸離离窮穷競竞筆笔節节範范築筑簡简簽签籌筹籃篮糧粮糾纠紅红紀纪約约級级納纳紙纸純纯組组細细終终結结給给絕绝統统絲丝經经綠绿"
    "維维網网緊紧線线緣缘編编緩缓練练縣县縮缩總总績绩織织繳缴繼继續续纖纤罰罚羅罗義义習习聯联職职聽听聖圣腦脑腳脚臉脸臺台與与興兴舉举舊旧艦舰藝艺藥药葉叶著着蘇苏蘭兰號号蟲虫術术衛卫"
    "衝冲裏里裡里補补裝装製制襲袭見见規规視视親亲覺觉覽览觀观訂订計计訊讯討讨訓训託托記记訪访設设許许訴诉診诊証证證证評评詞词試试話话該该詳详誠诚誤误說说請请諮咨課课調调談谈論论諾诺"
    "謀谋謝谢識识譯译議议護护譽誉讀读變变讓让豐丰豬猪貝贝賢贤車车軍军軟软軸轴較较載载輔辅輕轻輛辆輪轮輸输轉转轎轿辦办辭辞農农邊边達达遠远運运過过進进違违連连週周遊游選选適适遲迟遷迁"
    "還还鄉乡鄧邓鄭郑醫医醬酱釋释針针鈔钞銀银銅铜銷销錄录錢钱錦锦錯错鍵键鎖锁鎮镇鐘钟鐵铁鑑鉴長长陳陈陸陆陽阳陰阴隊队階阶際际險险隱隐隨随雖虽雙双雜杂難难務务勝胜勞劳勢势動动勵励勸劝"
    "區区協协單单卻却廈厦參参叢丛啟启員员喬乔嗎吗嚴严囑嘱刪删別别劃划劇剧劉刘創创劑剂兩两內内岡冈冊册凍冻凱凯華华萬万蓋盖蔣蒋虧亏蠟蜡匯汇潛潜濾滤澤泽溝沟溫温漲涨漸渐爺爷鬆松鬥斗鬧闹"
    "麼么彥彦隻只係系祇只慾欲傭佣僱雇賽赛贓赃賦赋贖赎貶贬賤贱賄贿闖闯闡阐閣阁閥阀誌志詢询詐诈註注諒谅謹谨譜谱攤摊擺摆撥拨撲扑攏拢櫻樱槓杠樁桩盜盗綁绑緝缉繪绘艙舱蕭萧薦荐薩萨蠻蛮襯衬"
    "訝讶詭诡繫系鏈链佔占郵邮絡络貳贰緻致娛娱莊庄閑闲儀仪顏颜膚肤腎肾讚赞帶带檯台這这現现準准鋒锋鋼钢鏡镜鍋锅閃闪顆颗飾饰飽饱馳驰驕骄鴻鸿鵬鹏鷹鹰麵面黴霉齡龄龐庞壇坛壘垒奧奥嬰婴嶄崭"
    "廚厨彌弥恥耻慘惨慮虑憐怜憲宪撿捡撐撑攪搅斂敛晝昼曠旷棄弃槳桨橫横歎叹殼壳毀毁滲渗滬沪漁渔澀涩瀉泻煉炼燦灿燭烛爛烂犧牺獵猎瑪玛環环瓊琼異异疊叠皺皱盞盏瞞瞒磚砖禦御禪禅穎颖竊窃竄窜"
    "粵粤綜综緒绪縱纵纏缠罷罢羨羡聰聪肅肃脫脱膽胆臨临艱艰艷艳蒼苍蓮莲薑姜蘆芦蘋苹虛虚蝦虾螞蚂蟻蚁褲裤觸触誇夸誘诱譚谭貓猫賊贼趕赶趙赵跡迹踐践躍跃軌轨轟轰遜逊遞递遺遗遼辽邏逻鄰邻釣钓"
    "鈴铃鉤钩鋪铺鑽钻鑰钥雞鸡韓韩響响頸颈飄飘騰腾鬱郁魯鲁鳳凤鴨鸭"
)
_SIMPLE = str.maketrans(PAIRS[::2], PAIRS[1::2])

# What looks or sounds like a word that is watched for; never written so by chance.
_DISGUISED = tuple(
    (re.compile(pattern, re.I), meant)
    for pattern, meant in (
        ("[薇溦葳徽嶶黴威維]信(?!任|息|用|守|托)", "微信"),
        (
            r"(?<![a-z0-9])(?:v|w)[.\s]?[x\u2179\u00d7]{1,2}(?![a-z0-9])|(?<=加)[vw薇微](?![a-z0-9信博])",
            "微信",
        ),
        ("[扣抠釦叩]{2}|(?<![a-z])q\\s?q(?![a-z])", "qq"),
        ("[发発發髪][漂飘飄嘌瞟嫖缥縹剽镖]", "发票"),
        ("代[幵閞]", "代开"),
        ("[増曽]值", "增值"),
        ("[博菠波]彩", "博彩"),
        ("[贷岱袋][歀欵]", "贷款"),
        ("[裸祼]聊", "裸聊"),
    )
)
# Characters that stand alone, a mark or a line's end after each: nobody writes so.
_MARK = f"[^\\w\\s{CJK}，。；：？！、]|[ \\t\u3000]|\\r?\\n"
_ALONE = re.compile(f"(?<![{CJK}])(?:[{CJK}](?:{_MARK}){{1,3}}+){{3,60}}[{CJK}](?![{CJK}])")
_MARKS = re.compile(f"[^{CJK}]+")
_DIGIT = "0-9oO\u3007零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸"
_NUMBER = re.compile(f"[{_DIGIT}]{{6,15}}")
_WRITTEN_DIGIT = re.compile("[\u3007零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸]")
_HAN = re.compile("[\u4e00-\u9fff]")
_MOST_READ = 3_000


def simplified(text: str) -> str:
    """The same in simplified characters; the very text when nothing changes."""
    return text if text.isascii() else text.translate(_SIMPLE)


def undisguise(text: str) -> tuple[str, list[str]]:
    """Text with CJK characters as it is meant, and names of the tricks found in it."""
    begin, rest = text[:_MOST_READ], text[_MOST_READ:]
    begin, alone = _ALONE.subn(lambda match: _MARKS.sub("", match[0]), begin)
    disguised = 0
    for pattern, meant in _DISGUISED:
        begin, count = pattern.subn(meant, begin)
        disguised += count
    found = [f"parted characters {much(alone)}"] if alone else []
    if disguised:
        found.append(f"disguised words {much(disguised)}")
    if any(len(_WRITTEN_DIGIT.findall(number)) > 2 for number in _NUMBER.findall(begin)):
        found.append("number in characters")
    return begin + rest, found


def script_traits(text: str) -> Iterator[str]:
    """How much of a text is Chinese, and in which characters."""
    begin = text[:_MOST_READ]
    if begin.isascii():
        return
    count = len(_HAN.findall(begin))
    if not count:
        return
    yield f"han {count * 8 // (len(begin) + 1)}"
    if (simple := begin.translate(_SIMPLE)) != begin:
        changed = sum(one != other for one, other in zip(begin, simple, strict=True))
        yield f"traditional {changed * 8 // count}"
