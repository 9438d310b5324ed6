"""The people of the demonstration. Everybody and every domain is invented (RFC 2606 names)."""

from dataclasses import dataclass

from posthouse.protocols.mime import Address, parse_addresses

PASSWORD = "posthouse-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Somebody who signs in."""

    name: str
    address: str
    language: str
    admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    """A workspace of the demonstration."""

    name: str
    domain: str
    staff: tuple[Staff, ...]
    shared: tuple[tuple[str, str], ...] = ()


MAKER = DemoCompany(
    name="精合机械 Jinghe Machinery",
    domain="jinghe.example",
    staff=(
        Staff(name="王芳", address="wang.fang@jinghe.example", language="zh-CN", admin=True),
        Staff(name="Emily Chen", address="emily.chen@jinghe.example", language="en"),
    ),
    shared=(("sales@jinghe.example", "销售 Sales"), ("service@jinghe.example", "售后 Service")),
)
CUSTOMER = DemoCompany(
    name="Nordsee Werft GmbH",
    domain="nordsee-werft.example",
    staff=(
        Staff(
            name="Lukas Brandt",
            address="lukas.brandt@nordsee-werft.example",
            language="en",
            admin=True,
        ),
    ),
)


def person(written: str) -> Address:
    """`Name <address>` as an address."""
    return parse_addresses(written)[0]


FANG = "王芳 <wang.fang@jinghe.example>"
EMILY = "Emily Chen <emily.chen@jinghe.example>"
SALES = "精合机械销售部 <sales@jinghe.example>"
SERVICE = "精合机械售后 <service@jinghe.example>"
LUKAS = "Lukas Brandt <lukas.brandt@nordsee-werft.example>"
INGRID = "Ingrid Hansen <ingrid.hansen@nordsee-werft.example>"
LI_WEI = "李伟 <li.wei@beifang-shuiwu.example>"
ZHAO = "赵敏 <zhao.min@beifang-shuiwu.example>"
CHEN = "陈建国 <chenjianguo@huadong-chem.example>"
SARAH = "Sarah Whitfield <s.whitfield@midlands-foods.example>"
TOM = "Tom Okafor <tom.okafor@midlands-foods.example>"
MUELLER = '"Müller, Hans-Jürgen" <hj.mueller@stadtwerke-altmark.example>'
FORWARDER = "鸿达国际货运 <ops@hongda-freight.example>"
NEWS = "Pump World Weekly <news@pumpworld.example>"
UNKNOWN = "刘洋 <liu.yang@xinneng-tech.example>"
