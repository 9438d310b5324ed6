-- Aggregate reports on hosted domains: who sent mail in their name and how it fared (DMARC), and
-- how connections to their hosts went (TLS).

-- Where the domains' owners ask for reports to be sent, as it stood in DNS when we last looked.
CREATE TABLE report_addresses (
    workspace_id uuid NOT NULL,
    domain       text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('dmarc', 'tls')),
    address      text NOT NULL,
    PRIMARY KEY (workspace_id, domain, kind, address)
);
COMMENT ON COLUMN report_addresses.domain IS 'plain: hosted domains are public in DNS';
COMMENT ON COLUMN report_addresses.kind IS 'plain: an enumeration';
COMMENT ON COLUMN report_addresses.address IS 'plain: public in DNS';
SELECT protect_by_workspace('report_addresses');

-- The id is a keyed hash of what a report is: one that comes twice is the same row.
CREATE TABLE domain_reports (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    domain       text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('dmarc', 'tls')),
    reporter     bytea NOT NULL,
    day          date NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN domain_reports.domain IS 'plain: hosted domains are public in DNS';
COMMENT ON COLUMN domain_reports.kind IS 'plain: an enumeration';
COMMENT ON COLUMN domain_reports.reporter IS 'encrypted';
CREATE INDEX domain_reports_by_day ON domain_reports (workspace_id, domain, kind, day);
SELECT protect_by_workspace('domain_reports');

-- Machines that sent mail in a domain's name. The id is a keyed hash of the address.
CREATE TABLE report_sources (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    address      bytea NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN report_sources.address IS 'encrypted';
SELECT protect_by_workspace('report_sources');

-- Mails of one source that fared alike. dkim and spf: whether it passed in the author's name.
-- proofs: the domains in whose names anything passed.
CREATE TABLE dmarc_rows (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    report_id    uuid NOT NULL,
    source_id    uuid NOT NULL,
    messages     bigint NOT NULL,
    dkim         boolean NOT NULL,
    spf          boolean NOT NULL,
    disposition  text NOT NULL CHECK (disposition IN ('none', 'quarantine', 'reject')),
    forwarded    boolean NOT NULL,
    proofs       bytea NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, report_id) REFERENCES domain_reports (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, source_id) REFERENCES report_sources (workspace_id, id)
);
COMMENT ON COLUMN dmarc_rows.disposition IS 'plain: an enumeration';
COMMENT ON COLUMN dmarc_rows.proofs IS 'encrypted';
CREATE INDEX dmarc_rows_by_report ON dmarc_rows (workspace_id, report_id);
CREATE INDEX dmarc_rows_by_source ON dmarc_rows (workspace_id, source_id);
SELECT protect_by_workspace('dmarc_rows');

-- Sessions that went alike: outcome is 'ok' or a result type of RFC 8460 4.3.
CREATE TABLE tls_rows (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    report_id    uuid NOT NULL,
    outcome      text NOT NULL,
    sessions     bigint NOT NULL,
    host         bytea NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, report_id) REFERENCES domain_reports (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN tls_rows.outcome IS 'plain: an enumeration';
COMMENT ON COLUMN tls_rows.host IS 'encrypted';
CREATE INDEX tls_rows_by_report ON tls_rows (workspace_id, report_id);
SELECT protect_by_workspace('tls_rows');
