-- report_addresses --
-- Where the domains of a workspace ask for reports.
SELECT address FROM report_addresses
 WHERE workspace_id = :workspace_id AND (:domain::text IS NULL OR domain = :domain)
 ORDER BY address;

-- all_domains --
-- Every hosted domain, for the round of questions to DNS.
SELECT workspace_id, array_agg(name ORDER BY name) AS names FROM domains GROUP BY workspace_id;

-- forget_addresses --
-- Before what DNS says now is written.
DELETE FROM report_addresses
 WHERE workspace_id = :workspace_id AND domain = :domain AND kind = :kind
   AND address <> ALL(:addresses::text[]);

-- note_addresses --
-- As DNS says now.
INSERT INTO report_addresses (workspace_id, domain, kind, address)
SELECT :workspace_id, :domain, :kind, address FROM unnest(:addresses::text[]) AS new (address)
ON CONFLICT DO NOTHING;

-- arrivals --
-- Of what was filed, what lies in mailboxes that mail for these addresses may reach. The mailboxes
-- of administrators are among them: they get mail for postmaster when nobody else does.
WITH box AS (
    SELECT coalesce(a.mailbox_id, g.mailbox_id) AS id
      FROM mailbox_addresses a
      LEFT JOIN group_mailboxes g
        ON g.workspace_id = a.workspace_id AND g.address = a.address AND a.mailbox_id IS NULL
     WHERE a.workspace_id = :workspace_id AND a.address = ANY(:spellings::text[])
    UNION
    SELECT b.id
      FROM members m
      JOIN mailboxes b ON b.workspace_id = m.workspace_id AND b.owner_member_id = m.id
                      AND NOT b.elsewhere
     WHERE m.workspace_id = :workspace_id AND m.role = 'admin'
)
SELECT c.id, c.prefix, c.verdict
  FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids::uuid[])
   AND c.mailbox_id IN (SELECT id FROM box);

-- insert_report --
-- Nothing when it is there already.
INSERT INTO domain_reports (workspace_id, id, domain, kind, reporter, day)
VALUES (:workspace_id, :id, :domain, :kind, :reporter, :day)
ON CONFLICT DO NOTHING;

-- insert_sources --
-- Those that are new.
INSERT INTO report_sources (workspace_id, id, address)
SELECT :workspace_id, id, address
  FROM unnest(:ids::uuid[], :addresses::bytea[]) AS new (id, address)
ON CONFLICT DO NOTHING;

-- insert_mails --
-- All rows of a report.
INSERT INTO dmarc_rows (workspace_id, id, report_id, source_id, messages, dkim, spf, disposition,
                        forwarded, proofs)
SELECT :workspace_id, id, :report_id, source_id, messages, dkim, spf, disposition, forwarded, proofs
  FROM unnest(:ids::uuid[], :source_ids::uuid[], :messages::bigint[], :dkim::boolean[],
              :spf::boolean[], :dispositions::text[], :forwarded::boolean[], :proofs::bytea[])
       AS new (id, source_id, messages, dkim, spf, disposition, forwarded, proofs);

-- insert_sessions --
-- All rows of a report.
INSERT INTO tls_rows (workspace_id, id, report_id, outcome, sessions, host)
SELECT :workspace_id, id, :report_id, outcome, sessions, host
  FROM unnest(:ids::uuid[], :outcomes::text[], :sessions::bigint[], :hosts::bytea[])
       AS new (id, outcome, sessions, host);

-- mail_days --
-- Day by day: a report is about the day it begins on.
SELECT r.day, sum(w.messages)::bigint AS messages,
       coalesce(sum(w.messages) FILTER (WHERE w.dkim OR w.spf), 0)::bigint AS passed,
       coalesce(sum(w.messages) FILTER (WHERE w.dkim), 0)::bigint AS dkim,
       coalesce(sum(w.messages) FILTER (WHERE w.spf), 0)::bigint AS spf,
       coalesce(sum(w.messages) FILTER (WHERE w.disposition = 'quarantine'), 0)::bigint
           AS quarantined,
       coalesce(sum(w.messages) FILTER (WHERE w.disposition = 'reject'), 0)::bigint AS rejected
  FROM domain_reports r
  JOIN dmarc_rows w ON w.workspace_id = r.workspace_id AND w.report_id = r.id
 WHERE r.workspace_id = :workspace_id AND r.domain = :domain AND r.kind = 'dmarc'
   AND r.day BETWEEN :since AND :until
 GROUP BY r.day ORDER BY r.day;

-- sources --
-- Who sent most, with the proofs of his most frequent mail.
SELECT s.id, s.address, t.*
  FROM (SELECT w.source_id, sum(w.messages)::bigint AS messages,
               coalesce(sum(w.messages) FILTER (WHERE w.dkim OR w.spf), 0)::bigint AS passed,
               coalesce(sum(w.messages) FILTER (WHERE w.dkim), 0)::bigint AS dkim,
               coalesce(sum(w.messages) FILTER (WHERE w.spf), 0)::bigint AS spf,
               coalesce(sum(w.messages) FILTER (WHERE w.disposition = 'quarantine'), 0)::bigint
                   AS quarantined,
               coalesce(sum(w.messages) FILTER (WHERE w.disposition = 'reject'), 0)::bigint
                   AS rejected,
               coalesce(sum(w.messages) FILTER (WHERE w.forwarded AND NOT (w.dkim OR w.spf)), 0)
                   ::bigint AS forwarded,
               (array_agg(w.id ORDER BY w.messages DESC, w.id))[1] AS row_id,
               (array_agg(w.proofs ORDER BY w.messages DESC, w.id))[1] AS proofs,
               count(*) OVER () AS all_sources
          FROM domain_reports r
          JOIN dmarc_rows w ON w.workspace_id = r.workspace_id AND w.report_id = r.id
         WHERE r.workspace_id = :workspace_id AND r.domain = :domain AND r.kind = 'dmarc'
           AND r.day BETWEEN :since AND :until
         GROUP BY w.source_id
         ORDER BY sum(w.messages) DESC, w.source_id
         LIMIT :limit) t
  JOIN report_sources s ON s.workspace_id = :workspace_id AND s.id = t.source_id
 ORDER BY t.messages DESC, t.source_id;

-- session_days --
-- Day by day.
SELECT r.day, coalesce(sum(w.sessions) FILTER (WHERE w.outcome = 'ok'), 0)::bigint AS succeeded,
       coalesce(sum(w.sessions) FILTER (WHERE w.outcome <> 'ok'), 0)::bigint AS failed
  FROM domain_reports r
  JOIN tls_rows w ON w.workspace_id = r.workspace_id AND w.report_id = r.id
 WHERE r.workspace_id = :workspace_id AND r.domain = :domain AND r.kind = 'tls'
   AND r.day BETWEEN :since AND :until
 GROUP BY r.day ORDER BY r.day;

-- failures --
-- Sessions that failed, the newest first.
SELECT w.id, w.outcome, w.sessions, w.host
  FROM domain_reports r
  JOIN tls_rows w ON w.workspace_id = r.workspace_id AND w.report_id = r.id
 WHERE r.workspace_id = :workspace_id AND r.domain = :domain AND r.kind = 'tls'
   AND r.day BETWEEN :since AND :until AND w.outcome <> 'ok'
 ORDER BY r.day DESC, w.id LIMIT :limit;

-- reports --
-- Whose reports came, the newest first.
SELECT id, reporter, day FROM domain_reports
 WHERE workspace_id = :workspace_id AND domain = :domain AND day BETWEEN :since AND :until
 ORDER BY day DESC, id LIMIT :limit;

-- forget_reports --
-- Those of long ago, of every workspace, with their rows.
DELETE FROM domain_reports WHERE day < :before;

-- forget_sources --
-- Those that no row names any more.
DELETE FROM report_sources s
 WHERE NOT EXISTS (SELECT FROM dmarc_rows w
                    WHERE w.workspace_id = s.workspace_id AND w.source_id = s.id);
