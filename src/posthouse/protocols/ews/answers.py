"""What response messages and faults of EWS say: codes, and how long to wait."""

from dataclasses import dataclass

from posthouse.protocols.ews.elements import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A response code other than NoError (EWS: responsecode), with the server's words.

    `back_off` are the seconds it asks to be left alone for (BackOffMilliseconds), 0.0 without.
    """

    code: str
    said: str
    back_off: float = 0.0


def failure_of(message: Element) -> Failure | None:
    """What a response message, or a fault, says is wrong; None: nothing is.

    Warnings (a later one of a batch was not processed) are failures of their item.
    """
    if message.name == "Fault":
        detail = message.find("detail")
        code = detail.say("ResponseCode") if detail is not None else ""
        return Failure(
            code=code or message.say("faultcode").rpartition(":")[2],
            said=(detail.say("Message") if detail is not None else "")
            or message.say("faultstring"),
            back_off=_back_off(detail),
        )
    if message.attributes.get("ResponseClass") == "Success":
        return None
    code = message.say("ResponseCode")
    # EWS, ews-throttling-in-exchange, table 4: a busy server may say so inside another error.
    inner = message.find("MessageXml")
    if inner is not None and any("ErrorServerBusy" in each.text for each in inner.children):
        code = "ErrorServerBusy"
    return Failure(code=code, said=message.say("MessageText"), back_off=_back_off(message))


def _back_off(element: Element | None) -> float:
    for value in element.all("MessageXml", "Value") if element is not None else ():
        if value.attributes.get("Name") == "BackOffMilliseconds":
            digits = value.text.strip()
            if digits.isascii() and digits.isdigit() and len(digits) < 10:
                return int(digits) / 1000
    return 0.0
