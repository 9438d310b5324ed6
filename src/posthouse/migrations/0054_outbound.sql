-- Mail of people, bulk mail and notices have shares of their own; what a site bears is known to all
-- workers; senders are told once that a message is late; the operator may hold what waits.

ALTER TABLE outbox_queue
    ADD COLUMN class text NOT NULL DEFAULT 'people' CHECK (class IN ('people', 'bulk', 'notices')),
    ADD COLUMN site  text,
    ADD COLUMN held  boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN outbox_queue.class IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_queue.site IS 'plain: names of mail hosts, as DNS tells everybody';

-- What is due is asked for class by class.
DROP INDEX outbox_queue_due;
CREATE INDEX outbox_queue_due ON outbox_queue (class, due_at) WHERE NOT held;

ALTER TABLE outbox_recipients ADD COLUMN delay_told_at timestamptz;
CREATE INDEX outbox_recipients_delay_told ON outbox_recipients (workspace_id, delay_told_at)
 WHERE delay_told_at IS NOT NULL;

-- Sites that want less than others, or nothing for a while; without a reason it is well again.
CREATE TABLE outbox_sites (
    site         text PRIMARY KEY,
    connections  integer NOT NULL,
    per_minute   integer,
    pauses       integer NOT NULL DEFAULT 0,
    paused_until timestamptz,
    reason       text CHECK (reason IN ('slow', 'blocked', 'unreachable')),
    status       text NOT NULL DEFAULT '',
    changed_at   timestamptz NOT NULL
);
COMMENT ON COLUMN outbox_sites.site IS 'plain: names of mail hosts, as DNS tells everybody';
COMMENT ON COLUMN outbox_sites.reason IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_sites.status IS 'plain: reply code and enhanced status code (RFC 3463)';
CREATE INDEX outbox_sites_changed ON outbox_sites (changed_at);
SELECT share_with_all_workspaces('outbox_sites');
