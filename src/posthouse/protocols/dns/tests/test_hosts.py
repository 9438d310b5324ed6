import random
from ipaddress import ip_address

from posthouse.protocols.dns import (
    Answer,
    MailExchanger,
    MailHosts,
    Reach,
    Status,
    host_addresses,
    mail_hosts,
)
from tests.support.dns_zones import ZoneResolver


def mx(*records: tuple[int, str]) -> Answer[MailExchanger]:
    return Answer(
        status=Status.FOUND, records=tuple(MailExchanger(*record) for record in records), ttl=60
    )


def test_lower_preference_comes_first():
    answer = mx((20, "b.example"), (10, "a.example"), (30, "c.example"))
    assert mail_hosts("example", answer) == MailHosts(
        reach=Reach.HOSTS, hosts=("a.example", "b.example", "c.example"), ttl=60
    )


def test_equal_preference_is_shuffled_and_the_order_between_stays():
    answer = mx((10, "a"), (10, "b"), (10, "c"), (20, "z"))
    orders = {
        mail_hosts("example", answer, chance=random.Random(seed)).hosts for seed in range(100)
    }
    assert len(orders) == 6
    assert all(order[-1] == "z" for order in orders)


def test_no_mx_means_the_domain_itself():
    assert mail_hosts("Bücher.example", Answer(status=Status.NO_DATA)) == MailHosts(
        reach=Reach.HOSTS, hosts=("xn--bcher-kva.example",), implicit=True
    )


def test_a_null_mx_takes_no_mail():
    assert mail_hosts("example", mx((0, ""))).reach is Reach.NULL_MX


def test_a_root_beside_other_hosts_is_left_out():
    found = mail_hosts("example", mx((0, ""), (10, "a.example")))
    assert (found.reach, found.hosts) == (Reach.HOSTS, ("a.example",))


def test_hosts_at_or_behind_our_own_are_left_out():
    answer = mx((10, "a.example"), (20, "us.example"), (20, "b.example"), (30, "c.example"))
    assert mail_hosts("example", answer, own_names={"us.example"}).hosts == ("a.example",)


def test_a_domain_whose_best_host_we_are_would_loop():
    assert (
        mail_hosts("example", mx((5, "us.example")), own_names={"us.example"}).reach is Reach.LOOP
    )
    no_mx: Answer[MailExchanger] = Answer(status=Status.NO_DATA)
    assert mail_hosts("us.example", no_mx, own_names={"us.example"}).reach is Reach.LOOP


def test_unknown_and_failing_domains_differ():
    assert mail_hosts("x", Answer(status=Status.NXDOMAIN)).reach is Reach.NO_DOMAIN
    assert mail_hosts("x", Answer(status=Status.TEMPORARY)).reach is Reach.RETRY


async def test_addresses_alternate_between_the_families():
    resolver = ZoneResolver(
        {"mx.example": {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1"]}}
    )
    answer = await host_addresses(resolver, "mx.example")
    assert answer.records == tuple(map(ip_address, ("2001:db8::1", "192.0.2.1", "192.0.2.2")))


async def test_one_family_that_fails_does_not_hide_the_other():
    resolver = ZoneResolver(
        {
            "half.example": {"A": ["192.0.2.1"], "FAIL": ["SERVFAIL"]},
            "dead.example": {"FAIL": ["SERVFAIL"]},
            "bare.example": {"TXT": ["x"]},
        }
    )
    assert (await host_addresses(resolver, "half.example")).found
    assert (await host_addresses(resolver, "dead.example")).temporary
    assert (await host_addresses(resolver, "bare.example")).status is Status.NO_DATA
    assert (await host_addresses(resolver, "none.example")).status is Status.NXDOMAIN
