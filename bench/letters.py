"""Made-up business mail for the benches: distinct, in threads, a quarter Chinese, one fixed seed.

Words follow Zipf's law over a few thousand, so that an index sees common and rare ones; lines are
drawn from a pool and every message has numbers and marks of its own.
"""

import base64
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import accumulate
from pathlib import Path

SEED = 20_261_122
OCTETS = 10_240
RECIPIENT = "anna@acme.example"
_START = datetime(2024, 1, 1, 8, tzinfo=UTC)
_THREADS_OPEN = 400
_REPLY_SHARE = 0.8
_CHINESE_SHARE = 0.25
_COMPANIES = 200

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
_NAMES = [
    "Li Wei",
    "Anna Meier",
    "John Carter",
    "Maria Rossi",
    "Wang Fang",
    "Zhang Min",
    "Erik Olsen",
    "Liu Yang",
    "Sofia Costa",
    "Tom Baker",
    "Chen Jie",
    "Peter Novak",
    "Yuki Tanaka",
    "Omar Haddad",
    "Ines Lopez",
    "Zhao Lei",
]
_CHINESE_NAMES = ["王芳", "李伟", "张敏", "刘洋", "陈杰", "杨静", "赵磊", "黄丽", "周强", "吴军"]


@dataclass(slots=True)
class _Thread:
    subject: str
    chinese: bool
    sender: tuple[str, str]
    message_ids: list[str] = field(default_factory=list)


def letters(
    count: int,
    *,
    octets: int = OCTETS,
    seed: int = SEED,
    recipient: str = RECIPIENT,
    marks: dict[int, str] | None = None,
) -> Iterator[bytes]:
    """`count` messages with CRLF of about `octets`; `marks` puts words into single ones."""
    chance = random.Random(seed)
    open_threads: list[_Thread] = []
    step = timedelta(days=700) / max(count, 1)
    for number in range(count):
        thread = _thread(chance, open_threads)
        mark = (marks or {}).get(number, "")
        yield _letter(chance, thread, number, seed, _START + step * number, octets, recipient, mark)


def write_maildir(folder: Path, messages: Iterator[bytes], *, per_second: int = 1000) -> int:
    """A Maildir with `messages`, all seen, with LF as mail servers write them; how many."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    count = 0
    for raw in messages:
        content = raw.replace(b"\r\n", b"\n")
        second = 1_700_000_000 + count // per_second
        name = f"{second}.M{count:06}P1.bench,S={len(content)},W={len(raw)}:2,S"
        (folder / "cur" / name).write_bytes(content)
        count += 1
    return count


def _thread(chance: random.Random, open_threads: list[_Thread]) -> _Thread:
    if open_threads and chance.random() < _REPLY_SHARE:
        return chance.choice(open_threads)
    chinese = chance.random() < _CHINESE_SHARE
    made = _Thread(_subject(chance, chinese), chinese, _sender(chance, chinese))
    if len(open_threads) < _THREADS_OPEN:
        open_threads.append(made)
    else:
        open_threads[chance.randrange(_THREADS_OPEN)] = made
    return made


def _letter(
    chance: random.Random,
    thread: _Thread,
    number: int,
    seed: int,
    date: datetime,
    octets: int,
    recipient: str,
    mark: str,
) -> bytes:
    name, address = thread.sender
    domain = address.partition("@")[2]
    message_id = f"<{seed}.{number}.{chance.getrandbits(48):x}@{domain}>"
    written = format_datetime(date)
    signature = base64.b64encode(chance.randbytes(256)).decode()
    re = ("回复: " if thread.chinese else "Re: ") if thread.message_ids else ""
    lines = [
        f"Received: from out{number % 7}.{domain} (out.{domain} [192.0.2.{number % 250}])",
        f"\tby mx.acme.example with ESMTPS id {chance.getrandbits(64):x}; {written}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;",
        "\th=from:to:subject:date:message-id; bh=" + signature[:44] + ";",
        *(f"\t{signature[start : start + 72]}" for start in range(44, len(signature), 72)),
        f"From: {_word_of_header(name)} <{address}>",
        f"To: Anna Meier <{recipient}>",
        f"Cc: sales{number % 40}@acme.example",
        f"Subject: {_word_of_header(re + thread.subject)}",
        f"Date: {written}",
        f"Message-ID: {message_id}",
        "X-Mailer: Letters 4.2",
        "MIME-Version: 1.0",
    ]
    if thread.message_ids:
        lines.append(f"In-Reply-To: {thread.message_ids[-1]}")
        lines.append("References: " + "\r\n ".join(thread.message_ids[-8:]))
    thread.message_ids.append(message_id)
    head = "\r\n".join(lines).encode()
    numbers = f"No. {chance.randrange(10**8)} / {chance.randrange(10**6)} {mark}"
    room = octets - len(head)
    if thread.chinese:
        body = _chinese_body(chance, room, numbers)
    else:
        body = _english_body(chance, room, numbers)
    return head + b"\r\n" + body


def _english_body(chance: random.Random, room: int, numbers: str) -> bytes:
    if chance.random() < 0.4:
        text = "\r\n".join([numbers, *chance.choices(_english_lines(), k=max(1, room // 72))])
        fields = "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
        return (fields + text + "\r\n").encode()
    lines = [numbers, *chance.choices(_english_lines(), k=max(1, room // 165))]
    html = "<html><body>" + "".join(f"<p>{line}</p>\r\n" for line in lines) + "</body></html>"
    return _alternative(
        chance,
        ("text/plain; charset=utf-8", "7bit", "\r\n".join(lines).encode()),
        ("text/html; charset=utf-8", "quoted-printable", _quoted(html.encode())),
    )


def _chinese_body(chance: random.Random, room: int, numbers: str) -> bytes:
    if chance.random() < 0.3:
        text = "\r\n".join([numbers, *chance.choices(_chinese_lines(), k=max(1, room // 62))])
        fields = (
            b"Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        return fields + text.encode("gb18030") + b"\r\n"
    lines = [numbers, *chance.choices(_chinese_lines(), k=max(1, room // 260))]
    html = "<html><body>" + "".join(f"<div>{line}</div>" for line in lines) + "</body></html>"
    return _alternative(
        chance,
        ("text/plain; charset=utf-8", "base64", _base64("\r\n".join(lines).encode())),
        ("text/html; charset=utf-8", "base64", _base64(html.encode())),
    )


def _alternative(chance: random.Random, *parts: tuple[str, str, bytes]) -> bytes:
    boundary = b"=_%x" % chance.getrandbits(64)
    pieces = [b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary]
    for kind, encoding, content in parts:
        pieces.append(
            b"--%b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n%b\r\n"
            % (boundary, kind.encode(), encoding.encode(), content)
        )
    pieces.append(b"--%b--\r\n" % boundary)
    return b"".join(pieces)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _quoted(content: bytes) -> bytes:
    lines = quopri.encodestring(content.replace(b"\r\n", b"\n"))
    return lines.replace(b"\n", b"\r\n")


def _word_of_header(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _subject(chance: random.Random, chinese: bool) -> str:
    number = chance.randrange(10**5)
    if chinese:
        return "".join(chance.choices(_CHINESE.split(), k=4)) + str(number)
    return " ".join(chance.choices(_ENGLISH.split(), k=5)) + f" {number}"


def _sender(chance: random.Random, chinese: bool) -> tuple[str, str]:
    local = "".join(chance.choices(_SYLLABLES.split()[:20], k=2))
    name = chance.choice(_CHINESE_NAMES if chinese else _NAMES)
    return name, f"{local}@{chance.choice(_companies())}.example"


@cache
def _companies() -> list[str]:
    """The few hundred customers and suppliers that a company writes with."""
    chance = random.Random(SEED)
    return ["".join(chance.choices(_SYLLABLES.split(), k=3)) for _ in range(_COMPANIES)]


@cache
def _english_lines() -> list[str]:
    chance = random.Random(SEED)
    pieces = _SYLLABLES.split()
    made = ["".join(chance.choices(pieces, k=chance.randint(2, 4))) for _ in range(3000)]
    words = [*_ENGLISH.split(), *made]
    return [" ".join(line) for line in _zipf(chance, words, lines=5000, size=12)]


@cache
def _chinese_lines() -> list[str]:
    chance = random.Random(SEED)
    letters = sorted(set(_CHINESE) - set(" \n"))
    words = [*_CHINESE.split(), *("".join(chance.choices(letters, k=2)) for _ in range(600))]
    return ["".join(line) + "。" for line in _zipf(chance, words, lines=5000, size=14)]


def _zipf(chance: random.Random, words: list[str], *, lines: int, size: int) -> list[list[str]]:
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    return [chance.choices(words, cum_weights=weights, k=size) for _ in range(lines)]
