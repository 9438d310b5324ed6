"""The table of providers is whole and right in itself, and who is whose."""

import re

import pytest

from posthouse.mail.accounts.detection.model import Provider
from posthouse.mail.accounts.detection.providers import (
    provider_of_domain,
    provider_of_mail_host,
    provider_of_server,
    providers,
)
from posthouse.protocols.autoconfig.model import host_of
from posthouse.protocols.dns import ascii_name

CHINESE = re.compile(r"[\u4e00-\u9fff]")
every_provider = pytest.mark.parametrize("provider", providers(), ids=lambda each: each.key)


@every_provider
def test_an_entry_is_whole(provider: Provider):
    assert provider.domains or provider.mx
    assert provider.page.startswith("https://")
    assert len(provider.steps.zh) == len(provider.steps.en)
    for name in (*provider.domains, *provider.mx):
        assert ascii_name(name) == name
    if provider.secret == "oauth" or provider.closed:
        assert not provider.steps.zh
    if provider.closed:
        assert not provider.servers
        return
    assert {each.protocol for each in provider.servers} >= {"imap", "smtp"}
    for each in provider.servers:
        assert host_of(each.server.host) == each.server.host
        assert each.server.security == {993: "tls", 995: "tls", 465: "tls", 587: "starttls"}.get(
            each.server.port
        )
    if provider.secret == "code" or provider.switched_off:
        assert provider.steps.zh
        assert (provider.secret_name.en != "password") is (provider.secret == "code")


@every_provider
def test_both_languages_are_written(provider: Provider):
    assert provider.name.zh
    assert provider.name.en
    for step in provider.steps.zh:
        assert CHINESE.search(step)
    for zh, en in zip(provider.steps.zh, provider.steps.en, strict=True):
        assert zh != en
        assert en[0].isupper()
        assert en.endswith(".")


def test_nobody_is_named_twice():
    domains = [domain for each in providers() for domain in each.domains]
    hosts = [host for each in providers() for host in each.mx]
    keys = [each.key for each in providers()]
    for names in (domains, hosts, keys):
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("domain", "key"),
    [
        ("qq.com", "qq"),
        ("foxmail.com", "qq"),
        ("163.com", "netease163"),
        ("126.com", "netease126"),
        ("yeah.net", "yeah"),
        ("aliyun.com", "aliyun"),
        ("139.com", "mobile139"),
        ("gmail.com", "gmail"),
        ("icloud.com", "icloud"),
        ("web.de", "webde"),
        ("t-online.de", "tonline"),
    ],
)
def test_whose_address(domain: str, key: str):
    provider = provider_of_domain(domain)
    assert provider is not None
    assert provider.key == key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("mxbiz1.qq.com", "exmail"),
        ("mx3.qq.com", "qq"),
        ("qiye163mx01.mxmail.netease.com", "netease_qiye"),
        ("163mx02.mxmail.netease.com", "netease163"),
        ("mx1.qiye.aliyun.com", "aliyun_qiye"),
        ("mxn.mxhichina.com", "aliyun_qiye"),
        ("mx1.sg.aliyun.com", "aliyun_qiye_sg"),
        ("mx1.feishu.cn", "feishu"),
        ("mx1.larksuite.com", "larksuite"),
        ("acme-com.mail.protection.outlook.com", "microsoft365"),
        ("acme-com.a-v1.mx.microsoft", "microsoft365"),
        ("acme-cn.mail.protection.partner.outlook.cn", "partner365"),
        ("alt2.aspmx.l.google.com", "gmail"),
        ("aspmx3.googlemail.com", "gmail"),
        ("mx01.mail.icloud.com", "icloud_domain"),
        ("mx2.zoho.com", "zoho_business"),
        ("mx.zoho.eu", "zoho_eu"),
        ("in1-smtp.messagingengine.com", "fastmail"),
        ("mx00.kundenserver.de", "ionos_de"),
    ],
)
def test_who_takes_the_mail(host: str, key: str):
    provider = provider_of_mail_host(host)
    assert provider is not None
    assert provider.key == key


def test_a_name_must_end_in_whole_labels():
    assert provider_of_mail_host("notfeishu.cn") is None
    assert provider_of_mail_host("feishu.cn.attacker.example") is None
    assert provider_of_domain("attacker.qq.com") is None


def test_whose_server():
    assert provider_of_server("imap.exmail.qq.com") is provider_of_mail_host("mxbiz2.qq.com")
    office = provider_of_server("outlook.office365.com")
    assert office is not None
    assert office.key == "microsoft365"
    assert provider_of_server("imap.example.com") is None
