"""The mail of the demonstration: what came in the last months, and what arrives today."""

from dataclasses import dataclass, field

from posthouse.commands.demo import files
from posthouse.commands.demo.people import (
    CHEN,
    EMILY,
    FANG,
    FORWARDER,
    INGRID,
    LI_WEI,
    LUKAS,
    MUELLER,
    NEWS,
    SALES,
    SARAH,
    SERVICE,
    TOM,
    UNKNOWN,
    ZHAO,
)
from posthouse.protocols.mime.build import Attached


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail. `key` names it for `answers`; `age` is in hours before now."""

    key: str
    age: float
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    html: str | None = None
    answers: str | None = None
    attachments: tuple[Attached, ...] = ()
    fields: tuple[tuple[str, str], ...] = field(default=())


def _pdf(name: str, title: str, *lines: str) -> Attached:
    return Attached(name=name, mime_type="application/pdf", data=files.pdf(title, lines))


_DAY = 24

# History: brought in as an import, with its own dates, into INBOX or Sent of 王芳.
HISTORY: tuple[Letter, ...] = (
    Letter(
        key="li-1",
        age=96 * _DAY,
        sender=LI_WEI,
        to=(FANG,),
        subject="离心泵询价：城北水厂二期",
        text="""王经理您好：

我司城北水厂二期需采购离心泵二十台，型号参照 KX77，流量 320 m³/h，扬程 45 m，介质为清水。
请报含税出厂价及交货期，并附性能曲线和近三年同类业绩。

招标资料需在月底前准备齐，盼复。

李伟
北方水务集团 设备采购部 高级采购工程师
电话 010-5550 0188 / 手机 138 0000 0188
北京市朝阳区示例路 18 号""",
    ),
    Letter(
        key="li-2",
        age=95 * _DAY,
        sender=FANG,
        to=(LI_WEI,),
        subject="答复：离心泵询价：城北水厂二期",
        answers="li-1",
        text="""李工，您好：

感谢询价。KX77 二十台报价如下：单价 ¥28,600（含 13% 税，出厂），总价 ¥572,000。
交货期：合同生效后 45 天。性能曲线和业绩表见附件。

如需现场技术交流，我们的应用工程师可于下周到北京。

王芳
精合机械 销售经理""",
        attachments=(
            _pdf(
                "报价单 PO-4242 北方水务.pdf",
                "Quotation PO-4242",
                "Customer: Beifang Water Group",
                "Item: centrifugal pump KX77, 20 pcs, CNY 28,600.00 each",
                "Total: CNY 572,000.00 incl. VAT, EXW",
                "Delivery: 45 days after contract",
            ),
        ),
    ),
    Letter(
        key="li-3",
        age=90 * _DAY,
        sender=LI_WEI,
        to=(FANG,),
        cc=(ZHAO,),
        subject="Re: 答复：离心泵询价：城北水厂二期",
        answers="li-2",
        text="""王经理：

报价收到。领导希望总价能再优化 3%，另外请确认机械密封是否为进口品牌。
赵敏负责商务部分，已抄送，后续请一并回复。

李伟""",
    ),
    Letter(
        key="lukas-1",
        age=60 * _DAY,
        sender=LUKAS,
        to=(EMILY, FANG),
        subject="Ballast water pumps for hull 318",
        text="""Dear Ms Chen, dear Ms Wang,

for hull 318 we need four ballast water pumps, 250 m³/h each, sea water, bronze impeller,
DNV class certificate. Delivery to Cuxhaven by mid-January at the latest.

Could you let us have a budget offer and your standard terms? Drawings follow once we have an
NDA in place.

Kind regards
Lukas Brandt
Nordsee Werft GmbH · Strategic Purchasing
+49 4721 5550-31""",
    ),
    Letter(
        key="emily-1",
        age=59 * _DAY,
        sender=FANG,
        to=(LUKAS,),
        cc=(EMILY,),
        subject="Re: Ballast water pumps for hull 318",
        answers="lukas-1",
        text="""Dear Mr Brandt,

thank you for your enquiry. For sea water we recommend the KXB 250 with nickel-aluminium bronze
impeller; budget price EUR 11,400 per pump, CIF Cuxhaven, DNV certificate included.

Our NDA template is attached. Delivery in mid-January is possible if we receive the order within
three weeks.

Best regards
Wang Fang
Jinghe Machinery""",
        attachments=(
            _pdf("NDA template Jinghe.pdf", "Non-disclosure agreement", "Between the parties …"),
            _pdf(
                "Budget offer KXB 250.pdf",
                "Budget offer KXB 250",
                "4 ballast water pumps KXB 250, EUR 11,400.00 each",
                "CIF Cuxhaven, DNV certificate included",
            ),
        ),
    ),
    Letter(
        key="sarah-1",
        age=41 * _DAY,
        sender=SARAH,
        to=(SERVICE, FANG),
        subject="Spare parts for KX50 (serial 2019-0773)",
        text="""Hello,

please quote two mechanical seals and one shaft sleeve for our KX50, serial number 2019-0773.
We would like to have them on the shelf before the Christmas shutdown.

Sarah Whitfield
Maintenance Planner, Midlands Foods Ltd""",
    ),
    Letter(
        key="sarah-2",
        age=40 * _DAY,
        sender=FANG,
        to=(SARAH,),
        subject="Re: Spare parts for KX50 (serial 2019-0773)",
        answers="sarah-1",
        text="""Dear Ms Whitfield,

two seals MG1-45 at GBP 118 each and one sleeve at GBP 64, ex stock Shanghai, by courier within
five working days. Shall I send the proforma invoice?

Best regards
Wang Fang""",
    ),
    Letter(
        key="chen-1",
        age=33 * _DAY,
        sender=CHEN,
        to=(FANG,),
        subject="年度框架协议续签及 KX77 备件价格表",
        text="""王经理：

框架协议下月 15 日到期，请提供续签版本，备件价格表请按附件格式更新，涨幅请控制在 2% 以内。
去年共下单 14 批，希望今年返点由 1.5% 调整为 2%。

陈建国
华东精细化工 采购部""",
        attachments=(
            Attached(
                name="备件清单2026.csv",
                mime_type="text/csv",
                data=files.csv(
                    (
                        ("物料号", "名称", "去年单价", "今年单价"),
                        ("KX77-101", "叶轮", "3200.00", ""),
                        ("KX77-204", "机械密封", "860.00", ""),
                        ("KX77-310", "轴承组件", "1450.00", ""),
                    )
                ),
            ),
        ),
    ),
    Letter(
        key="mueller-1",
        age=21 * _DAY,
        sender=MUELLER,
        to=(FANG,),
        subject="Ausschreibung Trinkwasserpumpwerk Nord – Rückfragen Wirkungsgrad und Schallpegel",
        text="""Sehr geehrte Frau Wang,

zu Ihrem Angebot vom 2. des Monats haben wir drei Rückfragen: Wirkungsgrad im Teillastbereich
(40 %), garantierter Schalldruckpegel in 1 m Abstand und Lieferzeit der Ersatzlaufräder.

Bitte antworten Sie bis Ende nächster Woche, gern auf Englisch.

Mit freundlichen Grüßen
Hans-Jürgen Müller
Stadtwerke Altmark, Technischer Einkauf""",
    ),
    Letter(
        key="li-4",
        age=9 * _DAY,
        sender=FANG,
        to=(LI_WEI, ZHAO),
        subject="Re: 答复：离心泵询价：城北水厂二期",
        answers="li-3",
        text="""李工、赵经理：

经总部批准，总价可优惠至 ¥556,000（约 2.8%），机械密封为进口品牌，质保 24 个月。
更新后的报价单见附件，有效期至本月底。

王芳""",
        attachments=(
            _pdf(
                "报价单 PO-4242 v2.pdf",
                "Quotation PO-4242, revision 2",
                "Item: centrifugal pump KX77, 20 pcs",
                "Total: CNY 556,000.00 incl. VAT, EXW, 24 months warranty",
            ),
        ),
    ),
)

# Today: each comes in through the SMTP port, the last one is the newest.
ARRIVING: tuple[Letter, ...] = (
    Letter(
        key="news",
        age=7,
        sender=NEWS,
        to=(FANG,),
        subject="This week: IE5 motors, cavitation myths, and a visit to Tianjin",
        text="Efficiency classes, cavitation myths and a factory visit. Read on the web.",
        html="""<html><body style="font-family:Arial"><h1 style="color:#0B5">Pump World Weekly</h1>
<p>IE5 motors are here. <b>What they really save</b>, measured on three sites.</p>
<p><img src="https://images.pumpworld.example/open.gif" width="1" height="1" alt="">
<a href="https://pumpworld.example/issue/48">Read the issue</a></p>
<p style="color:#888;font-size:12px">You get this because you subscribed.
<a href="https://pumpworld.example/unsubscribe?u=1">Unsubscribe</a></p></body></html>""",
        fields=(
            ("List-Id", "Pump World Weekly <weekly.pumpworld.example>"),
            ("List-Unsubscribe", "<https://pumpworld.example/unsubscribe?u=1>"),
            ("Precedence", "bulk"),
        ),
    ),
    Letter(
        key="freight",
        age=6,
        sender=FORWARDER,
        to=(FANG, SALES),
        subject="【订舱确认】SO 88231907 上海—汉堡 11月30日",
        text="""王小姐：

贵司 4 台 KXB 250 已配舱，船名 EVER SAMPLE / 112W，截港 11 月 28 日 18:00，预计 1 月 6 日抵汉堡。
请于明日 12:00 前提供 VGM 和装箱单。

鸿达国际货运 操作部""",
    ),
    Letter(
        key="li-5",
        age=5,
        sender=LI_WEI,
        to=(FANG,),
        cc=(ZHAO,),
        subject="Re: 答复：离心泵询价：城北水厂二期",
        answers="li-4",
        text="""王经理：

新报价已上会通过，请准备合同文本，下周签约。
付款方式按 3-6-1 执行，质保金 10%。急需在周三前收到盖章版 PDF。

李伟
北方水务集团 设备采购部""",
    ),
    Letter(
        key="sarah-3",
        age=4,
        sender=SARAH,
        to=(FANG,),
        subject="Re: Spare parts for KX50 (serial 2019-0773)",
        answers="sarah-2",
        text="""Dear Ms Wang,

yes please, proforma to our accounts department (Tom Okafor, copied). And could you add a set of
O-rings? The second seal is leaking already, see the photo.

Sarah""",
        cc=(TOM,),
        html="""<p>Dear Ms Wang,</p><p>yes please, proforma to our accounts department (Tom Okafor,
copied). And could you add a set of O-rings? The second seal is leaking already, see the photo.</p>
<p><img src="cid:seal" alt="the leaking seal" width="320"></p><p>Sarah</p>""",
        attachments=(
            Attached(
                name="seal-leak.png",
                mime_type="image/png",
                data=files.png(320, 200, (164, 142, 118)),
                content_id="seal",
            ),
        ),
    ),
    Letter(
        key="complaint",
        age=3,
        sender=CHEN,
        to=(SERVICE, FANG),
        subject="投诉：KX77 振动超标，要求两日内到场",
        text="""王经理、售后部：

上周安装的两台 KX77（出厂编号 26-1108、26-1109）运行 48 小时后振动达 9.8 mm/s，轴承温升 71℃，
已被迫停机，产线损失每天约 12 万元。

请售后工程师两日内到场，并书面说明原因。振动记录见附件。

陈建国
华东精细化工 采购部 021-5550 0366""",
        attachments=(
            Attached(
                name="振动记录 26-1108.csv",
                mime_type="text/csv",
                data=files.csv(
                    (
                        ("时间", "振动 mm/s", "温度 ℃"),
                        ("08:00", "4.1", "48"),
                        ("20:00", "9.8", "71"),
                    )
                ),
            ),
        ),
    ),
    Letter(
        key="unknown",
        age=2,
        sender=UNKNOWN,
        to=(SALES,),
        subject="新能源项目冷却泵合作咨询",
        text="""您好：

我司在建 50 MW 储能电站项目，需要冷却循环泵约 60 台，想了解贵司产品及代理政策。
方便的话请安排销售同事联系我，最好本周能电话沟通。

刘洋
新能科技股份有限公司 项目总监
手机：139 0000 0521  邮箱：liu.yang@xinneng-tech.example
深圳市南山区示例大道 99 号""",
    ),
    Letter(
        key="lukas-2",
        age=1,
        sender=LUKAS,
        to=(FANG,),
        cc=(INGRID,),
        subject="Re: Ballast water pumps for hull 318",
        answers="emily-1",
        text="""Dear Ms Wang,

the yard has released the order: four KXB 250 as offered, PO 4500-77120 is attached. Two points
before we can book the payment:

1. Please confirm the delivery date in week 2.
2. The DNV certificate must name hull 318.

Ingrid Hansen from quality is copied and will ask for the inspection plan.

Kind regards
Lukas Brandt""",
        attachments=(
            _pdf(
                "PO 4500-77120.pdf",
                "Purchase order 4500-77120",
                "4 x KXB 250 ballast water pump, EUR 11,400.00 each",
                "Total EUR 45,600.00, CIF Cuxhaven, week 2",
            ),
        ),
    ),
)
