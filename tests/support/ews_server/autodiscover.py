"""Autodiscover in its older form, "plain old XML" (EWS pox-autodiscover-response-for-exchange)."""

from tests.support.ews_server.faults import Instead

_ANSWER = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
 <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
  <User><DisplayName>Anna</DisplayName></User>
  <Account><AccountType>email</AccountType><Action>settings</Action>
   <Protocol><Type>EXCH</Type><Server>mbx01.internal.contoso.example</Server>
    <ASUrl>https://mbx01.internal.contoso.example/EWS/Exchange.asmx</ASUrl></Protocol>
   <Protocol><Type>EXPR</Type><Server>mail.contoso.example</Server>
    <ASUrl>{url}</ASUrl><EwsUrl>{url}</EwsUrl></Protocol>
  </Account>
 </Response>
</Autodiscover>"""


def document(url: str) -> str:
    """The settings of a mailbox whose EWS lies at `url`."""
    return _ANSWER.format(url=url)


def answer(document: str, target: str, body: bytes) -> Instead:
    """Whatever a test has put there."""
    if not document or not target.lower().startswith("/autodiscover/autodiscover.xml"):
        return Instead(status=404)
    if b"<EMailAddress>" not in body and b"<EMailAddress " not in body:
        return Instead(status=404)
    return Instead(body=document, headers=("Content-Type: text/xml; charset=utf-8",))
