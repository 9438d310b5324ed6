"""One file for each family of commands; HANDLERS says who answers what."""

from collections.abc import Mapping

from posthouse.protocols.imap import commands as c
from posthouse.servers.imap.commands import (
    acl,
    append,
    auth,
    basics,
    copy_move,
    fetch,
    flagging,
    idle,
    listing,
    mailboxes,
    ordered,
    quota,
    search,
    select,
)
from posthouse.servers.imap.context import Handler

HANDLERS: Mapping[type[c.Command], Handler] = {
    c.Capability: basics.capability,
    c.Noop: basics.noop,
    c.Logout: basics.logout,
    c.Id: basics.identify,
    c.Enable: basics.enable,
    c.Compress: basics.compress,
    c.Namespace: basics.namespace,
    c.StartTls: auth.starttls,
    c.Login: auth.login,
    c.Authenticate: auth.authenticate,
    c.Create: mailboxes.create,
    c.Delete: mailboxes.delete,
    c.Rename: mailboxes.rename,
    c.Subscribe: mailboxes.subscribe,
    c.Status: mailboxes.status,
    c.MyRights: acl.my_rights,
    c.GetAcl: acl.get_acl,
    c.ListRights: acl.list_rights,
    c.SetAcl: acl.set_acl,
    c.GetQuota: quota.get_quota,
    c.GetQuotaRoot: quota.get_quota_root,
    c.SetQuota: quota.set_quota,
    c.List: listing.list_folders,
    c.Select: select.select,
    c.Close: select.close,
    c.Fetch: fetch.fetch,
    c.Store: flagging.store,
    c.Search: search.search,
    c.Sort: ordered.sort,
    c.Thread: ordered.thread,
    c.Append: append.append,
    c.Copy: copy_move.copy,
    c.Expunge: copy_move.expunge,
    c.Idle: idle.idle,
}
