"""What `posthouse filter check` prints."""

import json
import random
from pathlib import Path

import pytest

from posthouse.commands.filter import check_filter

_GOOD = "附件 对账单 查收 确认 合同 交货 采购 会议 项目 报告 图纸 报价 发货 仓库 数量 型号 规格"
_JUNK = "代开 发票 优惠 税点 红包 免费 彩票 稳赚 名额 注册 兼职 刷单 押金 贷款 秒批 额度 中奖"
_COUNT = 60


def _write(folder: Path, words: str) -> Path:
    """Mails in the words of one kind, each in an order of its own."""
    folder.mkdir()
    order = random.Random(folder.name)
    for number in range(_COUNT):
        text = "，".join(order.choices(words.split(), k=30))
        head = f"From: a{number}@x{number}.example\r\nSubject: {order.choice(words.split())}\r\n"
        kind = (
            "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        (folder / f"{number}.eml").write_bytes((head + kind + text).encode("gb18030"))
    return folder


def test_chinese_mail_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, junk = _write(tmp_path / "good", _GOOD), _write(tmp_path / "junk", _JUNK)
    check_filter(good=[good], junk=[junk], as_json=True)
    third, _, folds = map(json.loads, capsys.readouterr().out.splitlines())
    assert folds["good"] == folds["junk"] == _COUNT
    assert third["junk_caught"] == third["junk"] > 10
    assert third["good_lost"] == folds["good_lost"] == 0
    assert folds["junk_caught"] >= folds["junk"] - 1
