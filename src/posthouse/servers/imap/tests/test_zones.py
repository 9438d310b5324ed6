"""INTERNALDATE (RFC 3501 2.3.3) in the zone that APPEND gave, and SEARCH by its days (6.4.4)."""

from .conftest import share

APPEND = """
        C: {tag} APPEND {folder} "{date}" {{6+}}
        C: a: b
        C:
        S: {tag} OK [APPENDUID {{*}}] Appended"""


def appends(*dates, folder="INBOX"):
    return "".join(
        APPEND.format(tag=f"t{number}", folder=folder, date=date)
        for number, date in enumerate(dates)
    )


async def test_the_zone_is_told_again(server):
    """Half hours and days beyond UTC's; UTC, said in either way, is +0000."""
    dates = (
        "24-Mar-2007 23:30:00 +0200",
        "25-Mar-2007 00:30:00 -0330",
        "31-Dec-1999 23:59:59 +1400",
        " 1-Jan-2000 00:00:00 +0000",
        " 1-Jan-2000 00:00:00 -0000",
    )
    client = await server.signed_in(appends(*dates))
    told = [*dates[:4], dates[3]]
    answers = "\n".join(
        f'        S: * {n} FETCH (INTERNALDATE "{date}")' for n, date in enumerate(told, 1)
    )
    for _ in range(2):  # read, and remembered
        await client.follow(
            f"""
        C: a SELECT INBOX
        S: {{...}}
        S: a OK {{*}}
        C: b FETCH 1:* INTERNALDATE
{answers}
        S: b OK Fetched
    """
        )


async def test_days_are_those_of_the_zone(server):
    """6.4.4, ON: "disregarding time and timezone"."""
    dates = (
        "25-Mar-2007 00:30:00 +0200",
        "24-Mar-2007 22:30:00 +0000",
        "24-Mar-2007 23:30:00 -1000",
    )
    await server.signed_in(
        appends(*dates)
        + """
        C: a SELECT INBOX
        S: {...}
        S: a OK {*}
        C: b SEARCH ON 25-Mar-2007
        S: * SEARCH 1
        S: b OK Searched
        C: c SEARCH BEFORE 25-Mar-2007
        S: * SEARCH 2 3
        S: c OK Searched
        C: d SEARCH SINCE 25-Mar-2007
        S: * SEARCH 1
        S: d OK Searched
        C: e SORT (ARRIVAL) UTF-8 ALL
        S: * SORT 1 2 3
        S: e OK Sorted
    """
    )


async def test_copies_keep_it(server):
    """6.4.7: "flags and internal date SHOULD be preserved", in other mailboxes, too."""
    await share(server, may_write=True)
    shared = "Shared/sales@acme.example/INBOX"
    date = " 7-Feb-1994 21:52:25 -0800"
    script = f"""
        C: a SELECT INBOX
        S: {{...}}
        S: a OK {{*}}
        C: b COPY 1 Archive
        S: b OK {{*}}
        C: c COPY 1 {shared}
        S: c OK {{*}}
        C: d MOVE 1 Trash
        S: {{...}}
        S: d OK {{*}}"""
    for tag, folder in (("e", "Archive"), ("f", shared), ("g", "Trash")):
        script += f"""
        C: {tag}1 EXAMINE {folder}
        S: {{...}}
        S: {tag}1 OK {{*}}
        C: {tag}2 FETCH 1 INTERNALDATE
        S: * 1 FETCH (INTERNALDATE "{date}")
        S: {tag}2 OK {{*}}"""
    await server.signed_in(appends(date) + script)


async def test_what_is_no_date(server):
    """9, date-time: a zone of 24 hours, and a moment that no calendar has, are BAD."""
    for date in (
        "24-Mar-2007 23:00:00 +2400",
        "31-Dec-9999 23:00:00 -0200",
        " 1-Jan-0001 00:00:00 +0100",
    ):
        await server.signed_in(f'C: a APPEND INBOX "{date}" {{1+}}\nC: x\nS: a BAD {{*}}')
