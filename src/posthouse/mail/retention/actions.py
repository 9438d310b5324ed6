"""Reading, trying and setting the rules of a workspace."""

import logging
from collections.abc import Iterable

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.mail.retention import store
from posthouse.mail.retention.model import Due, KeptRule, Rule, check_rules
from posthouse.security.members import Actor

log = logging.getLogger(__name__)


async def list_rules(tx: Tx) -> list[KeptRule]:
    """All of the workspace; each member may know them."""
    return await store.list_rules(tx)


async def try_rules(tx: Tx, actor: Actor, rules: Iterable[Rule]) -> list[Due]:
    """What these rules would take out if they were set now. Raises Denied, Invalid."""
    actor.require_admin()
    return await store.count_due(tx, check_rules(rules), clock.now())


async def set_rules(tx: Tx, actor: Actor, rules: Iterable[Rule]) -> list[KeptRule]:
    """These instead of all there were. Raises Denied, Invalid."""
    actor.require_admin()
    checked = check_rules(rules)
    changed_by = None if actor.is_system else actor.member_id
    await store.put_rules(tx, checked, changed_by, clock.now())
    told = ", ".join(f"{rule.place} {rule.days or 'never'}" for rule in checked)
    log.info("retention of workspace %s set by %s: %s", tx.workspace, changed_by, told or "none")
    return await store.list_rules(tx)
