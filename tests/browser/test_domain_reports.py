"""Reports on a domain: from the mail that brings them to what an administrator reads."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from tests.support.page import PHONE, OpenWindow, Window
from tests.support.reports import Seen, dmarc_xml, report_mail
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
RUNS, DOES_NOT = "rita.reports@jinghe.example", "robin.plain@jinghe.example"
RUNS_IN_CHINESE = "ruan.reports@jinghe.example"
DOMAIN = "jinghe.example"
POSTMASTER = f"postmaster@{DOMAIN}"
PAGE = f"/settings/domains/{DOMAIN}"
# No sender of TLS reports can sign here, where no name has an address: these the page is told.
SESSIONS = {
    "session_days": [
        {"day": "", "succeeded": 420, "failed": 0},
        {"day": "", "succeeded": 380, "failed": 31},
    ],
    "failures": [
        {"outcome": "certificate-expired", "sessions": 30, "hosts": ["mx2.jinghe.example"]},
        {"outcome": "not-known-yet", "sessions": 1, "hosts": []},
    ],
}


def _reports(today: date) -> list[bytes]:
    def seen(number: int) -> list[Seen]:
        return [
            Seen(
                source="203.0.113.5", count=180 + number * 7 % 60, signed_by=[DOMAIN], author=DOMAIN
            ),
            Seen(source="198.51.100.20", count=20 + number % 5, dkim="fail", author=DOMAIN),
            Seen(
                source="192.0.2.77",
                count=12,
                dkim="fail",
                spf="fail",
                signed_by=["news.example"],
                author=DOMAIN,
            ),
            Seen(
                source="2001:db8:17::4",
                count=3 + number % 4 * 5,
                dkim="fail",
                spf="fail",
                disposition="reject" if number % 2 else "quarantine",
                author=DOMAIN,
            ),
        ]

    return [
        dmarc_xml(
            *seen(number),
            day=today - timedelta(days=number),
            domain=DOMAIN,
            report_id=str(number),
            reporter="google.com" if number % 3 else "网易",
        )
        for number in range(12)
        if number != 4
    ]


@pytest.fixture(scope="module", autouse=True)
def reported(demo: RunningPosthouse) -> None:
    """Three more members, two of whom run the workspace, and reports that came for it by mail."""
    for address in (RUNS, RUNS_IN_CHINESE):
        demo.must("member", "add", address, "--admin", "--password-stdin", typed=PASSWORD)
    demo.must("member", "add", DOES_NOT, "--password-stdin", typed=PASSWORD)
    with demo.smtp() as client:
        for document in _reports(datetime.now(UTC).date()):
            mail = report_mail(document, to=POSTMASTER, trace=False)
            client.sendmail("dmarc@kunde.example", [POSTMASTER], mail)
    demo.wait_for_listeners()


@pytest.fixture
def rita(open_window: OpenWindow) -> Window:
    """Who runs the workspace, in English."""
    opened = open_window(locale="en-GB")
    opened.sign_in(RUNS, PASSWORD)
    return opened


def test_who_sends_in_the_domains_name(rita: Window, demo: RunningPosthouse):
    page = rita.page
    rita.go("/settings/domains")
    page.get_by_role("region", name=DOMAIN).get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(f"Reports on {DOMAIN}")
    sources = page.get_by_role("list", name="Where it was sent from").get_by_role("listitem")
    expect(sources).to_have_count(4)
    expect(sources.nth(0)).to_contain_text("203.0.113.5")
    expect(sources.nth(0)).to_contain_text("Signed in your name, and named by SPF.")
    expect(sources.nth(1)).to_contain_text("set up DKIM at this source")
    expect(sources.nth(2)).to_contain_text("signs as news.example")
    expect(sources.nth(3)).to_contain_text("Nothing speaks for this mail.")
    everything = page.get_by_role("figure").first
    expect(everything).to_contain_text("Not proven, delivered")
    rita.picture("settings-reports.en")
    told = json.loads(demo.must("domain", "reports", DOMAIN, "--json"))
    assert told["sources"][0]["address"] == "203.0.113.5"
    assert sum(reporter["reports"] for reporter in told["reporters"]) == 11
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("region", name="Who reported")).to_contain_text("3 reports")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_in_chinese(open_window: OpenWindow, theme: str):
    window = open_window(locale="zh-CN", size=PHONE, theme=theme)
    window.sign_in(RUNS_IN_CHINESE, PASSWORD)
    window.go("/settings/profile")
    window.page.get_by_role("button", name="简体中文").click()
    expect(window.page.get_by_role("heading", level=2)).to_have_text("个人资料")

    def with_sessions(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        days = [told["since"], told["until"]]
        sessions = [
            {**each, "day": day} for each, day in zip(SESSIONS["session_days"], days, strict=True)
        ]
        route.fulfill(response=answer, json={**told, **SESSIONS, "session_days": sessions})

    window.page.route("**/reports?days=*", with_sessions)
    window.go(PAGE)
    failed = window.page.get_by_role("list", name="失败").get_by_role("listitem")
    expect(failed).to_have_count(2)
    expect(failed.nth(0)).to_contain_text("证书已过期")
    expect(failed.nth(1)).to_contain_text("其他原因")
    wide = window.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0]
    window.picture(f"settings-reports.phone.{theme}")
    failed.nth(0).scroll_into_view_if_needed()
    window.picture(f"settings-reports-sessions.phone.{theme}")


def test_nothing_came_and_nothing_answers(rita: Window):
    told = {"domain": DOMAIN, "since": "2026-11-01", "until": "2026-11-30", "more_sources": 0}
    lists = ("reporters", "mail_days", "sources", "session_days", "failures", "addresses")
    nothing = {**told, **{each: [] for each in lists}}
    rita.page.route("**/reports?days=30", lambda route: route.fulfill(json=nothing))
    rita.page.route("**/reports?days=90", lambda route: route.fulfill(status=500, body="{}"))
    rita.go(PAGE)
    expect(rita.page.get_by_text("No reports in this time")).to_be_visible()
    expect(rita.page.get_by_text(f"rua=mailto:{POSTMASTER}")).to_be_visible()
    rita.picture("settings-reports-empty.en")
    rita.page.get_by_role("button", name="90 days").click()
    expect(rita.page.get_by_text("The reports could not be read.")).to_be_visible()


def test_who_does_not_run_it_finds_nothing_of_it(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.sign_in(DOES_NOT, PASSWORD)
    window.go(PAGE)
    expect(window.page.get_by_role("heading", level=2)).to_have_count(0)
    status = window.page.evaluate(
        f"fetch('/api/v1/domains/{DOMAIN}/reports').then((answer) => answer.status)"
    )
    assert status == 403
