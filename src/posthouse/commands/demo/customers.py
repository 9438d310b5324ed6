"""The customers the machine maker knows already; 刘洋 is left for the visitor to meet."""

from dataclasses import dataclass
from uuid import UUID

from posthouse.commands.demo.people import (
    CHEN,
    INGRID,
    LI_WEI,
    LUKAS,
    MUELLER,
    SARAH,
    TOM,
    ZHAO,
    person,
)
from posthouse.crm.companies.actions import create_company
from posthouse.crm.companies.model import CompanyFields
from posthouse.crm.contacts.actions import create_contact
from posthouse.crm.contacts.model import ContactFields
from posthouse.foundation.db import Tx


@dataclass(frozen=True, slots=True)
class _Person:
    written: str
    title: str
    phone: str = ""
    language: str = "en"


_CUSTOMERS: tuple[tuple[CompanyFields, tuple[_Person, ...]], ...] = (
    (
        CompanyFields(
            name="北方水务集团",
            domains=("beifang-shuiwu.example",),
            industry="水务",
            region="华北",
            level="A",
            note="城北水厂二期，招标项目。",
        ),
        (
            _Person(LI_WEI, "高级采购工程师", "+86 138 0000 0188", "zh-CN"),
            _Person(ZHAO, "商务经理", "+86 10 5550 0190", "zh-CN"),
        ),
    ),
    (
        CompanyFields(
            name="华东精细化工",
            domains=("huadong-chem.example",),
            industry="化工",
            region="华东",
            level="A",
            note="年度框架协议，每年约 14 批。",
        ),
        (_Person(CHEN, "采购部主管", "+86 21 5550 0366", "zh-CN"),),
    ),
    (
        CompanyFields(
            name="Nordsee Werft GmbH",
            domains=("nordsee-werft.example",),
            industry="Shipbuilding",
            region="Germany",
            level="A",
        ),
        (
            _Person(LUKAS, "Strategic Purchasing", "+49 4721 5550 31"),
            _Person(INGRID, "Quality Management", "+49 4721 5550 47"),
        ),
    ),
    (
        CompanyFields(
            name="Midlands Foods Ltd",
            domains=("midlands-foods.example",),
            industry="Food",
            region="United Kingdom",
            level="B",
        ),
        (
            _Person(SARAH, "Maintenance Planner", "+44 121 555 0142"),
            _Person(TOM, "Accounts Payable"),
        ),
    ),
    (
        CompanyFields(
            name="Stadtwerke Altmark",
            domains=("stadtwerke-altmark.example",),
            industry="Public utility",
            region="Germany",
            level="B",
        ),
        (_Person(MUELLER, "Technischer Einkauf", "+49 3901 5550 12", "de"),),
    ),
)


async def make_customers(tx: Tx, owner_id: UUID) -> None:
    """Companies and contacts, as their owner would have entered them."""
    for company, people in _CUSTOMERS:
        made = await create_company(tx, owner_id, company)
        for each in people:
            written = person(each.written)
            await create_contact(
                tx,
                owner_id,
                ContactFields(
                    name=written.name,
                    addresses=(written.address,),
                    title=each.title,
                    phones=(each.phone,) if each.phone else (),
                    language=each.language,
                    company_id=made.id,
                    owner_id=owner_id,
                ),
            )
