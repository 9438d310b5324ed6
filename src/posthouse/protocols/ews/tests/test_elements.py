"""Answers as they come, in any pieces."""

import base64

import pytest

from posthouse.protocols.ews.answers import failure_of
from posthouse.protocols.ews.elements import BadAnswer, Element, Reading
from posthouse.protocols.ews.objects import read_folder, read_item

HEAD = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    b'<s:Header/><s:Body xmlns:m="m" xmlns:t="t"><m:R><m:ResponseMessages>'
)
TAIL = b"</m:ResponseMessages></m:R></s:Body></s:Envelope>"


def read(data: bytes, size: int = 1 << 20, largest: int = 1 << 20) -> list[Element]:
    reading = Reading(largest)
    return [
        element
        for start in range(0, len(data), size)
        for element in reading.feed(data[start : start + size])
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_in_any_pieces(size: int):
    content = bytes(range(256)) * 3
    encoded = base64.encodebytes(content)  # with line ends
    one = (
        b"<m:One><m:MimeContent>"
        + encoded
        + b"</m:MimeContent><m:A>&amp;&#x1F;\xe4\xb8\xad</m:A></m:One>"
    )
    found = read(HEAD + one * 2 + TAIL + HEAD + one + TAIL, size)
    assert len(found) == 3
    assert {each.find("MimeContent").octets for each in found} == {content}  # type: ignore[union-attr]
    assert {each.say("A") for each in found} == {"&中"}


def test_each_message_as_soon_as_it_is_whole():
    reading = Reading()
    assert [each.name for each in reading.feed(HEAD + b"<m:One/><m:Two>")] == ["One"]
    assert [each.name for each in reading.feed(b"</m:Two>" + TAIL)] == ["Two"]


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>Sign in</html><hr>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        HEAD + b"<m:One><m:MimeContent>QUJ</m:MimeContent></m:One>",
        HEAD + b"<m:One><m:MimeContent>!!!!</m:MimeContent></m:One>",
        HEAD + b"<a>" * 100,
        HEAD + b"<m:One>" + b"x" * 2_000_000,
    ],
)
def test_what_is_no_answer(data: bytes):
    with pytest.raises(BadAnswer):
        read(data)


def test_faults_say_how_long_to_wait():
    fault = (
        b'<s:Envelope xmlns:s="s"><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode>'
        b"<faultstring>Later.</faultstring><detail><e:ResponseCode>ErrorServerBusy"
        b'</e:ResponseCode><t:MessageXml><t:Value Name="BackOffMilliseconds">297749</t:Value>'
        b"</t:MessageXml></detail></s:Fault></s:Body></s:Envelope>"
    )
    (found,) = read(fault)
    failure = failure_of(found)
    assert failure is not None
    assert (failure.code, failure.back_off, failure.said) == ("ErrorServerBusy", 297.749, "Later.")


def test_a_busy_server_within_another_error():
    (found,) = read(
        HEAD + b'<m:X ResponseClass="Error"><m:ResponseCode>ErrorInternalServerError'
        b'</m:ResponseCode><m:MessageXml><t:Value Name="InnerErrorResponseCode">ErrorServerBusy'
        b"</t:Value></m:MessageXml></m:X>" + TAIL
    )
    failure = failure_of(found)
    assert failure is not None
    assert failure.code == "ErrorServerBusy"


def test_what_is_not_told_is_nothing():
    (found,) = read(
        HEAD + b'<m:Message><m:ItemId Id="a" ChangeKey="b"/><m:Size>x</m:Size></m:Message>' + TAIL
    )
    item = read_item(found)
    assert (item.id, item.size, item.received, item.read, item.flag) == ("a", 0, None, False, 0)
    with pytest.raises(BadAnswer):
        read_folder(found)
