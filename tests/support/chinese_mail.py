"""Chinese junk and business mail made of sentences of our own: no labelled collection may be passed
on. Nothing but what is said tells the two apart: programs, senders, charsets and ways are alike.
"""

import base64
import quopri
import random
from collections.abc import Mapping, Sequence

from posthouse.mail.filtering.chinese import PAIRS

JUNK: Mapping[str, Sequence[str]] = {
    "invoices": (
        "本公司长期代开各类增值税普通发票，点数优惠，验证后付款",
        "如贵公司需要代理开具发票，欢迎来电洽谈，税率低，保真",
        "可开广告费、会议费、住宿费、运输费等各行业正规票据",
        "我司与多家企业有进项富余，可优惠对外代开，金额越大越优惠",
        "所有票据均可上税务局网站查验，先验后付，诚信合作",
        "因进项较多，现可为贵司解决做账所缺票据，手续费一到三个点",
        "建筑、劳务、咨询、餐饮发票均可开出，当天出票，快递送达",
        "各地真票代开，绝对保真，如有虚假愿负法律责任",
        "有剩余额度可对外开票，收费低廉，请保存此号码以备急需",
        "专业税务代理，抵扣专票低点开具，欢迎财务负责人联系",
    ),
    "courses": (
        "总裁班招生火热进行中，两天一夜浓缩实战课程，名额仅剩十席",
        "参会费用三千八百元每人，含资料、茶点及午餐，三人以上团购八折",
        "主讲老师系国内著名实战派管理专家，曾辅导五百家企业",
        "课程大纲：如何打造狼性销售团队，如何让员工自动自发",
        "报名热线全天开放，请将回执传真至会务组即可锁定席位",
        "本次公开课面向生产厂长、车间主任、班组长及一线主管",
        "培训时间地点：本月二十六日至二十七日，上海、深圳两地同步开课",
        "新任经理管理技能提升特训营，现场赠送价值万元光盘一套",
        "采购成本降低与供应商谈判技巧研修班，企业内训亦可上门",
        "学员对象：董事长、总经理、人力资源总监，满意后再付尾款",
    ),
    "bets": (
        "注册即送彩金八十八元，首存百分百返利，提款秒到账",
        "真人视讯百家乐，老虎机爆大奖，信誉第一平台",
        "六合彩内部资料，本期必中特码，不中全额退款",
        "体育竞猜高赔率，每日返水无上限，邀请好友再送红包",
        "澳门新葡京线上娱乐城，千万玩家的选择，安全稳定",
        "导师带单时时彩计划，稳赚不赔，日入过千不是梦",
        "棋牌捕鱼电子游艺，新会员领体验金，无需充值即可提现",
        "点击下方网址立即开户，专属客服为您一对一服务",
        "大额无忧出款，二十四小时充提不限次数，代理高佣金",
        "免费领取彩票预测软件，名额有限先到先得，跟上就赚",
    ),
    "loans": (
        "凭身份证即可办理，无抵押无担保，当天放款最高五十万",
        "信用卡套现、提额、代还，手续简单，黑户也能下款",
        "急用钱吗？企业信用贷利息低至三厘，额度随借随还",
        "征信花、有逾期均可申请，专业包装资料，不成功不收费",
        "应急周转就找我们，一个电话搞定资金难题",
        "您已获得预审批额度二十万元，请点击链接激活领取",
        "房产二次抵押、车辆押证不押车，快速垫资过桥",
        "养卡提额秘籍，大额精养，内部渠道强开白金卡",
        "上班族、个体户均可申请，凭工资流水轻松拿钱",
        "正规金融公司，无前期费用，息费透明，到账快",
    ),
    "passwords": (
        "您的邮箱存储空间已满，请立即点击升级，否则将停止收发",
        "系统检测到您的账户在异地登录，请于二十四小时内验证密码",
        "邮件管理员通知：邮箱即将停用，请登记账号和密码完成备案",
        "您的密码今日到期，点击此处保留原密码继续使用",
        "为配合邮件系统升级，请填写姓名、职位、邮箱账号、登录密码、原始密码",
        "有七封来信被拦截，请登录网页释放，逾期将自动删除",
        "未完成实名认证的用户将被注销，请尽快提交以下信息",
        "工资补贴申领通知：请扫描二维码填写银行卡号和验证码领取",
        "您的医保电子凭证已失效，点击链接重新激活，以免影响使用",
        "本次迁移须逐一核实帐户，超时未验证者视为自动放弃使用权",
    ),
    "part-time": (
        "招聘网络兼职，在家动动手指，每单佣金五到八十元，日结",
        "淘宝刷信誉，不收任何押金，有手机就能做，学生宝妈均可",
        "加老师微信，带你做副业，月入三万起，零基础可学",
        "点赞关注就有钱，任务简单，立返红包，做多少拿多少",
        "诚招全国代理，一件代发，躺赚睡后收入",
        "股票内幕群，每日三只涨停牛股，免费进群跟着老师操作",
        "名额紧张，想赚钱的速度联系，非诚勿扰",
        "打字员急招，工作轻松自由，工资当天结算到账",
        "投资虚拟币翻倍收益，专家保本，先小额体验再加大投入",
        "扫码进群领取首单奖励，绝无套路，万人见证",
    ),
    "goods": (
        "厂家直销高仿名表名包，一比一复刻，支持货到付款",
        "出售全国企业名录、股民电话、车主资料，准确率高",
        "邮件群发软件，一天轻松发送百万封，助您抢占市场",
        "专业办理各类毕业证、资格证、学位证，网上可查",
        "男性保健，持久助勃，隐私包装，无效退款",
        "祖传秘方治疗糖尿病、高血压，一个疗程见效，告别药物",
        "网站优化排名，百度首页保证，七天上线，按天计费",
        "特价清仓海外代购香烟，免税正品，顺丰包邮",
        "手机定位监听器，悄无声息掌握对方一切行踪",
        "短信群发平台，三分钱一条，到达率高，送一万条体验",
    ),
}

GOOD: Mapping[str, Sequence[str]] = {
    "invoices": (
        "附件是九月份的增值税专用发票扫描件，原件已用顺丰寄出，请查收",
        "贵司开来的发票税号有误，麻烦作废后重新开具，谢谢",
        "请财务核对一下这张发票的金额，和合同差了两百元",
        "报销单上还缺住宿费发票，补齐以后我再提交审批",
        "开票信息已更新，单位名称和地址电话请以附件为准",
        "本月对账单请盖章回传，我们周五统一安排付款",
        "进项认证已经完成，这批发票可以入账了",
        "上次那笔预付款的收据找到了吗，审计需要复印件",
        "烦请告知开票时间，我们这边月底前要关账",
        "差旅费已经审核通过，预计下周二打到您的工资卡",
    ),
    "meetings": (
        "周三下午两点在三号会议室讨论新版方案，请提前看一下文档",
        "会议纪要已整理好，待办事项和负责人在最后一页",
        "因为客户临时来访，周会改到明天上午十点，地点不变",
        "请各部门在周四下班前把下季度计划发给我汇总",
        "视频会议的号码和口令稍后发在群里，外地同事可远程参加",
        "昨天讨论的几个问题我写成了清单，大家补充一下",
        "明天的评审我有事请假，由小陈代替参加",
        "投影仪坏了，行政说换到五楼那间大的",
        "请确认参加人数，我好预订午饭和车辆",
        "项目进度比计划晚了四天，主要是测试环境没有准备好",
    ),
    "quotations": (
        "感谢询价，附件为三款水泵的报价单，含税含运费，有效期三十天",
        "贵方提出的价格我们内部商量过，最多可以再让两个点",
        "图纸上孔径标注不清，麻烦确认是十二还是十四毫米",
        "样品已经寄出，测试结果出来以后请告诉我们",
        "这批材料涨价较多，原来的价格恐怕只能维持到月底",
        "请按照新的规格重新核算一下成本，客户希望下周有答复",
        "最小起订量五百件，交期从收到定金起二十五天",
        "合同草稿请法务看一下，违约条款我们有两处修改",
        "对方要求提供材质证明和检测报告，你那里有电子版吗",
        "技术协议已签字，商务部分还差付款方式没有谈定",
    ),
    "orders": (
        "订单四五零零二一七已安排生产，预计十五号发货",
        "货柜昨天已经离港，提单副本见附件，到港时间大约两周",
        "收到货物后发现有三箱包装破损，照片如附件，请处理",
        "仓库说库存只剩六十套，剩余部分要等下一批",
        "请提供装箱单和形式发票，报关行今天就要用",
        "客户催得很急，能不能先空运一百件过去",
        "这个型号停产了，建议用新款替代，接口是一样的",
        "物流单号已经更新到系统里，您可以自行查询",
        "退货申请已批准，请把旧件寄回深圳仓库",
        "信用证条款和合同不一致，需要开证行修改后才能装船",
    ),
    "staff": (
        "新同事下周一入职，请帮忙准备电脑、工牌和邮箱账号",
        "国庆放假安排已经公布，值班表请各组长确认",
        "年度体检改到下个月，具体时间由医院通知",
        "内部培训资料放在共享文件夹里，没有参加的同事可以自学",
        "绩效面谈表请填写后交给直接主管签字",
        "他的离职手续办到哪一步了，交接文档我还没有看到",
        "面试反馈：技术基础扎实，沟通稍弱，建议进入下一轮",
        "社保基数调整的通知请大家看一下，有疑问找人事",
        "公司年会节目征集开始了，欢迎踊跃报名",
        "请假申请我已经批准，注意安排好手上的工作",
    ),
    "systems": (
        "今晚十点到十二点邮件服务器维护，期间可能短时无法收信",
        "您申请的共享盘权限已经开通，重新登录后生效",
        "打印机驱动更新说明见内网，装不上的话打分机八零二",
        "上次报的那个问题已经修好，请刷新页面再试一次",
        "日志里看到数据库连接超时，怀疑是连接池配置太小",
        "备份任务昨夜失败一次，已经手动补跑，数据完整",
        "新版本发布说明：修正了导出表格时中文乱码的缺陷",
        "测试环境的证书快到期了，我明天更换",
        "代码评审意见我写在合并请求里，有两处边界情况要处理",
        "监控显示磁盘用了百分之八十五，先清理旧的安装包",
    ),
    "private": (
        "好久没联系了，最近怎么样，国庆回老家吗",
        "上次聚会的照片我整理好了，原图太大，先发几张小的",
        "孩子这学期的数学进步不少，多谢老师费心",
        "妈妈让我问你什么时候有空回来吃饭",
        "那本书我看完了，写得真好，下次见面还给你",
        "周末一起去爬山吧，天气预报说是晴天",
        "机票订好了，二十号下午到浦东，你不用来接",
        "生日快乐！礼物寄到你公司了，记得签收",
        "房子的装修终于弄完了，有空过来坐坐",
        "上次借的钱我这周转给你，真是帮了大忙",
    ),
    "newsletters": (
        "本期目录：行业动态、技术专栏、读者来信，点击标题阅读全文",
        "您订阅的周刊已经更新，如需退订请点击页面底部的链接",
        "您的订单已发货，点击查看物流详情，感谢您的购买",
        "本月电子账单已生成，应还金额请登录手机银行查看",
        "会员积分将于年底清零，您可以在商城兑换礼品",
        "会议征文截止日期延长至十一月十五日，投稿须知见官网",
        "您关注的仓库有新版本发布，更新内容如下",
        "航班提醒：您预订的航班起飞时间有变动，请留意短信",
        "社区新增十二个回答，其中三个与您关注的话题有关",
        "学会年度会费缴纳通知，发票将在缴费后统一寄送",
    ),
}

_NAMES = [
    "王伟",
    "李娜",
    "张敏",
    "刘洋",
    "陈静",
    "杨光",
    "赵磊",
    "黄婷",
    "周强",
    "吴芳",
    "徐明",
    "孙丽",
    "马超",
    "朱琳",
    "胡军",
    "林峰",
]
_PROGRAMS = (
    "Foxmail 7.2.25.179[cn]",
    "QQMail 2.x",
    "Coremail Webmail Server Version XT5.0",
    "Microsoft Outlook 16.0",
    "",
)
_HOUSES = ("163.com", "qq.com", "126.com", "sina.com", "{0}.example", "{0}.com.example")
_GREETINGS = ("您好：", "你好，", "各位好：", "尊敬的先生/女士：", "")
# Of several for one the first counts, which is the commonest. What Big5 has among its
# frequent characters (first octet A4 to C6) stays as it is.
_TRADITIONAL = {
    ord(simple): other
    for other, simple in zip(PAIRS[-2::-2], PAIRS[::-2], strict=True)
    if not b"\xa4" <= simple.encode("big5", "ignore")[:1] <= b"\xc6"
}
_ENDS = ("谢谢！", "祝好", "此致敬礼", "顺祝商祺", "")


def chinese_mail(
    chance: random.Random, sentences: Sequence[str], charset: str = "gb18030", disguise: str = ""
) -> bytes:
    """A mail that says some of the sentences, in traditional characters where the charset has only
    these. `disguise` stands between the characters.
    """
    said = chance.sample(sentences, min(len(sentences), chance.randint(3, 4)))
    subject = chance.choice(said)[:16]
    if charset == "big5":
        said, subject = [traditional(one) for one in said], traditional(subject)
    if disguise:
        said = [disguise.join(one) for one in said]
        subject = disguise.join(subject)
    name = chance.choice(_NAMES)
    phone = f"1{chance.randint(30, 89)}{chance.randint(10**7, 10**8 - 1)}"
    lines = [chance.choice(_GREETINGS), *said, chance.choice(_ENDS), name, f"电话 {phone}"]
    word = "".join(chance.choices("abcdefghijklmnoprstuwxyz", k=7))
    address = f"{word}{chance.randint(1, 99)}@{chance.choice(_HOUSES).format(word)}"
    return _written(chance, address, name, subject, "\r\n".join(lines), charset)


def traditional(text: str) -> str:
    """The same in traditional characters, as far as the filter knows them."""
    return text.translate(_TRADITIONAL)


def _written(
    chance: random.Random, address: str, name: str, subject: str, text: str, charset: str
) -> bytes:
    fields = [
        f"Message-ID: <{chance.getrandbits(60):x}@{address.rpartition('@')[2]}>",
        f"From: {_word(name, charset)} <{address}>",
        "To: anna@acme.example",
        f"Subject: {_word(subject, charset)}",
        f"Date: Mon, 23 Nov 2026 {chance.randint(8, 20):02}:{chance.randint(0, 59):02}:00 +0800",
        "MIME-Version: 1.0",
    ]
    if program := chance.choice(_PROGRAMS):
        fields.append(f"X-Mailer: {program}")
    subtype = "plain"
    if chance.random() < 0.4:
        subtype, text = "html", "".join(f"<p>{line}</p>\r\n" for line in text.split("\r\n"))
    fields.append(f"Content-Type: text/{subtype}; charset={charset}")
    octets = text.encode(charset, "replace")
    encoding = chance.choice(("base64", "quoted-printable", "8bit"))
    fields.append(f"Content-Transfer-Encoding: {encoding}")
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + octets + b"\r\n"


def _word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset, 'replace')).decode()}?="
