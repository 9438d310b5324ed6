"""The lines that letters are made of: from real mail where CORPORA says that it is, else made up.

What an index costs hangs on how many words it meets. A made-up vocabulary of a few thousand
flatters it; the 6,000 mails of a SpamAssassin corpus alone bring 50,000 words, with the headers
that real servers and lists write. Chinese is rare in the corpora: made-up lines stand beside it.
"""

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from posthouse.mail.transfer.sources import find_sources
from posthouse.protocols import mime

SEED = 20_261_122
_ENGLISH = """
the to and of we you for in is your on with please our that it as be are this have by will from at
or can not if all an order delivery price thank which drawing quotation invoice payment confirm
send part parts week date item attached machine pump spindle bearing motor cable valve sample
quality test report shipment container port customs contract deposit bank account transfer receipt
goods pieces quantity size weight package carton pallet label colour surface steel aluminium brass
rubber plastic seal shaft housing cover plate screw thread tolerance finish coating meeting call
visit office factory manager engineer customer supplier partner market project offer discount
total tax freight insurance warranty service repair spare tool manual version update change
request problem solution reason delay holiday month year tomorrow today monday tuesday wednesday
thursday friday early late before after best regards dear hello kind looking forward reply
question answer discuss agree check review approve sign copy
"""
_CHINESE = """
我们 你们 请问 谢谢 您好 报价 订单 交货 交期 价格 数量 质量 图纸 样品 发票 付款
定金 合同 客户 供应 工厂 机器 设备 零件 轴承 电机 水泵 阀门 钢材 铝件 包装 纸箱
托盘 标签 颜色 表面 处理 公差 尺寸 重量 运费 保险 海运 空运 港口 报关 清关 检验
报告 测试 生产 安排 计划 进度 延期 原因 问题 解决 方案 修改 确认 附件 查收 回复
尽快 本周 下周 月底 明天 今天 上午 下午 会议 电话 拜访 经理 工程师 采购 销售 市场
项目 优惠 折扣 合计 税率 账户 汇款 收据 货物 件数 售后 服务 保修 维修 备件 说明书
版本 更新 要求 标准 国家 公司 有限 责任 技术 参数 型号 规格 功率 电压 流量 压力
温度 材质 密封 安装 调试 培训 合作 愉快
"""
_SYLLABLES = """
ba be bi bo ca ce co da de di do fa fe fi ga ge go ha ke la le li lo ma me mi mo na ne no pa pe
po ra re ri ro sa se si so ta te ti to va ve vi wa xa ya za zo
"""
_SHORTEST, _LONGEST = 20, 90
_LARGEST_MAIL = 256 * 1024
_LARGEST_HEADER = 4096
# What a letter says itself, what would make it private, and what its body decides.
_OWN_FIELDS = {
    *(b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"subject", b"date", b"message-id"),
    *(b"in-reply-to", b"references", b"mime-version", b"lines", b"status", b"x-status"),
}


@dataclass(frozen=True, slots=True)
class Pool:
    """Lines to draw from, and header fields of programs and servers, with CRLF.

    Lines that belong together stand together: a letter takes `passage` of them at a time. A real
    mail of 3.5 kB of text has 270 distinct words; of real lines drawn one by one it has 390, in
    passages of 64 it has 310.
    """

    english: Sequence[str]
    chinese: Sequence[str]
    headers: Sequence[bytes]
    passage: int


@cache
def made_up() -> Pool:
    """Words by Zipf's law over a few thousand, so that an index sees common and rare ones."""
    chance = random.Random(SEED)
    syllables = _SYLLABLES.split()
    invented = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(3000)]
    english = _zipf(chance, [*_ENGLISH.split(), *invented], lines=5000, size=12)
    letters = sorted(set(_CHINESE) - set(" \n"))
    pairs = ["".join(chance.choices(letters, k=2)) for _ in range(600)]
    chinese = _zipf(chance, [*_CHINESE.split(), *pairs], lines=5000, size=14)
    return Pool(
        [" ".join(line) for line in english],
        ["".join(line) + "。" for line in chinese],
        headers=[b"X-Mailer: Letters 4.2\r\n"],
        passage=1,
    )


@cache
def real() -> Pool:
    """Every distinct line of the mails under CORPORA; the made-up pool when it names no folder."""
    folder = os.environ.get("CORPORA")
    if not folder:
        return made_up()
    english: dict[str, None] = {}
    chinese: dict[str, None] = {}
    headers: list[bytes] = []
    for raw in _mails(Path(folder)):
        scan = mime.scan(raw)
        if scan.header(b"from") is None:  # only looks like mail
            continue
        headers.append(_foreign_fields(raw, scan))
        lines = [line.strip() for line in mime.readable_text(scan).splitlines()]
        english.update(dict.fromkeys(filter(_is_english, lines)))
        chinese.update(dict.fromkeys(filter(_is_chinese, lines)))
    return Pool(
        [*english],
        [*chinese, *made_up().chinese],
        headers=[each for each in headers if 0 < len(each) < _LARGEST_HEADER],
        passage=64,
    )


def _mails(folder: Path) -> Iterator[bytes]:
    for source in find_sources(folder):
        if source.size() <= _LARGEST_MAIL:
            yield source.read()


def _foreign_fields(raw: bytes, scan: mime.Scan) -> bytes:
    """The header without what a letter writes itself."""
    fields = [
        raw[start:end].rstrip(b"\r\n")
        for name, start, end in mime.field_spans(raw, scan.root)
        if name.lower() not in _OWN_FIELDS
        and not name.lower().startswith((b"content-", b"resent-"))
    ]
    lines = [line for field in fields for line in field.splitlines() if line.strip()]
    return b"".join(line + b"\r\n" for line in lines if line.isascii())


def _is_english(line: str) -> bool:
    """A line of writing: no rule, no lone address, nothing encoded."""
    length = _SHORTEST <= len(line) <= _LONGEST
    return length and line.count(" ") > 1 and line.isascii() and line.isprintable()


def _is_chinese(line: str) -> bool:
    """Mostly Han, without the syllables of Japanese and Korean."""
    han = sum("一" <= letter <= "鿿" for letter in line)
    others = any("\u3040" <= letter <= "\u30ff" or "가" <= letter <= "힣" for letter in line)
    return len(line) <= 4 * _LONGEST and han >= 8 and 2 * han > len(line) and not others


def _zipf(chance: random.Random, words: list[str], *, lines: int, size: int) -> Iterable[list[str]]:
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    return (chance.choices(words, cum_weights=weights, k=size) for _ in range(lines))
