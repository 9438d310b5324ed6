-- Roles, row-level security, the event log and blobs: what every room stands on.
--
-- Every text, json, bytea and tsvector column carries a comment that starts with "encrypted" or
-- with "plain: <reason>"; a test fails on any column without one.

-- The application connects as posthouse_app: neither owner nor superuser, held to one workspace
-- by row-level security. posthouse_system crosses workspaces and is entered per transaction.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'posthouse_app') THEN
        CREATE ROLE posthouse_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'posthouse_system') THEN
        CREATE ROLE posthouse_system NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'posthouse_app', 'MEMBER') OR
       NOT pg_has_role(current_user, 'posthouse_system', 'MEMBER') THEN
        EXECUTE format('GRANT posthouse_app, posthouse_system TO %I', current_user);
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of this server made them at the same moment
END
$$;

GRANT USAGE ON SCHEMA public TO posthouse_app, posthouse_system;

-- protect_by_workspace('t'): rows of t are visible only inside their workspace. The setting has no
-- default, so a transaction that forgot to name its workspace fails instead of seeing nothing.
CREATE FUNCTION protect_by_workspace(protected regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format(
        'CREATE POLICY own_workspace ON %s TO posthouse_app
             USING (workspace_id = current_setting(''posthouse.workspace'')::uuid)
             WITH CHECK (workspace_id = current_setting(''posthouse.workspace'')::uuid)', protected);
    EXECUTE format('CREATE POLICY every_workspace ON %s TO posthouse_system
                        USING (true) WITH CHECK (true)', protected);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO posthouse_app, posthouse_system',
                   protected);
END
$$;

-- share_with_all_workspaces('t'): a directory table, global by nature (see docs/decisions).
CREATE FUNCTION share_with_all_workspaces(shared regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO posthouse_app, posthouse_system',
                   shared);
END
$$;

-- The event log. Read in the order (xid, seq) and only below the oldest running transaction:
-- by seq alone a reader skips what commits late.
CREATE TABLE events (
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    workspace_id uuid NOT NULL,
    kind         text NOT NULL,
    body         jsonb NOT NULL,
    announced_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, seq)
);
COMMENT ON COLUMN events.kind IS 'plain: the name of an event type';
COMMENT ON COLUMN events.body IS 'plain: ids only, never content';
SELECT share_with_all_workspaces('events');

CREATE TABLE event_cursors (
    listener text PRIMARY KEY,
    xid      xid8 NOT NULL,
    seq      bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN event_cursors.listener IS 'plain: the name of a listener in the code';
SELECT share_with_all_workspaces('event_cursors');

-- Events a listener could not digest after several tries, kept for the operator.
CREATE TABLE event_dead_letters (
    listener     text NOT NULL,
    xid          xid8 NOT NULL,
    seq          bigint NOT NULL,
    workspace_id uuid NOT NULL,
    kind         text NOT NULL,
    body         jsonb NOT NULL,
    error        text NOT NULL,
    buried_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (listener, xid, seq)
);
COMMENT ON COLUMN event_dead_letters.listener IS 'plain: the name of a listener in the code';
COMMENT ON COLUMN event_dead_letters.kind IS 'plain: the name of an event type';
COMMENT ON COLUMN event_dead_letters.body IS 'plain: ids only, never content';
COMMENT ON COLUMN event_dead_letters.error IS 'plain: exception type and code location, never its values';
SELECT share_with_all_workspaces('event_dead_letters');

-- Blobs: encrypted bytes, shared by content inside a workspace. Small ones live in the row, large
-- ones in a file of the data folder named by the id (content IS NULL).
CREATE TABLE blobs (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    digest       bytea NOT NULL,
    size         bigint NOT NULL,
    content      bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, digest)
);
ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON COLUMN blobs.digest IS 'plain: keyed hash of the content, for sharing; useless without the workspace key';
COMMENT ON COLUMN blobs.content IS 'encrypted';
COMMENT ON COLUMN blobs.size IS 'plain: bytes before compression and encryption';
SELECT protect_by_workspace('blobs');

-- One data key per encrypted record, wrapped by the workspace's key. Destroying the row erases
-- what it opened.
CREATE TABLE data_keys (
    workspace_id uuid NOT NULL,
    record_id    uuid NOT NULL,
    generation   smallint NOT NULL DEFAULT 1,
    wrapped      bytea NOT NULL,
    PRIMARY KEY (workspace_id, record_id)
);
COMMENT ON COLUMN data_keys.wrapped IS 'encrypted';
SELECT protect_by_workspace('data_keys');
