-- list_rules --
-- All of a workspace.
SELECT place, days, changed_by, changed_at, swept_at, swept_count FROM retention_rules
 WHERE workspace_id = :workspace_id ORDER BY place;

-- put_rules --
-- What did not change keeps who set it, and its count.
INSERT INTO retention_rules (workspace_id, place, days, changed_by, changed_at)
SELECT :workspace_id, place, days, :changed_by, :now
  FROM unnest(:places::text[], :days::integer[]) AS rule (place, days)
ON CONFLICT (workspace_id, place) DO UPDATE
   SET days = excluded.days, changed_by = excluded.changed_by, changed_at = excluded.changed_at,
       swept_at = NULL, swept_count = 0
 WHERE retention_rules.days IS DISTINCT FROM excluded.days;

-- drop_rules --
-- Those that are not among the ones that stay.
DELETE FROM retention_rules
 WHERE workspace_id = :workspace_id AND place <> ALL(:places::text[]);

-- list_workspaces --
-- Where something does not stay for ever.
SELECT DISTINCT workspace_id FROM retention_rules WHERE days IS NOT NULL ORDER BY workspace_id;

-- ruled_folders --
-- Folders with the rule that holds for each: of its place, else the one for all. Mail whose home is
-- elsewhere is not ours to take out: it would be deleted there as well.
WITH rules AS (
    SELECT * FROM unnest(:places::text[], :days::integer[]) AS rule (place, days)
)
SELECT f.id, rule.place, rule.days
  FROM folders f
  JOIN mailboxes b ON b.workspace_id = f.workspace_id AND b.id = f.mailbox_id AND NOT b.elsewhere
 CROSS JOIN LATERAL (SELECT r.place, r.days FROM rules r
                      WHERE r.place IN (coalesce(f.special_use, 'own'), 'all')
                      ORDER BY r.place = 'all' LIMIT 1) rule
 WHERE f.workspace_id = :workspace_id AND f.message_count > 0 AND rule.days IS NOT NULL
 ORDER BY f.id;

-- count_due --
-- What rules would take out of the folders now. Every message of the folders is looked at: asked by a
-- person, before he saves them.
WITH rules AS (
    SELECT * FROM unnest(:places::text[], :befores::timestamptz[]) AS rule (place, before)
), ruled AS (
    SELECT f.id, f.mailbox_id, rule.place, rule.before
      FROM folders f
      JOIN mailboxes b
        ON b.workspace_id = f.workspace_id AND b.id = f.mailbox_id AND NOT b.elsewhere
     CROSS JOIN LATERAL (SELECT r.place, r.before FROM rules r
                          WHERE r.place IN (coalesce(f.special_use, 'own'), 'all')
                          ORDER BY r.place = 'all' LIMIT 1) rule
     WHERE f.workspace_id = :workspace_id AND f.message_count > 0 AND rule.before IS NOT NULL
)
SELECT ruled.place, count(*) AS messages, count(DISTINCT ruled.mailbox_id) AS mailboxes
  FROM ruled
  JOIN folder_messages p ON p.workspace_id = :workspace_id AND p.folder_id = ruled.id
 WHERE p.flags & 32 = 0
   AND CASE WHEN ruled.place = ANY(:by_placing::text[]) THEN p.placed_at
            ELSE p.received_at END < ruled.before
 GROUP BY ruled.place;

-- due_by_age --
-- The oldest mail of a folder, from the index by date. A draft of the page (32) is no mail yet.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND received_at < :before
   AND flags & 32 = 0
 ORDER BY received_at, uid LIMIT :limit;

-- due_by_placing --
-- What has lain in a folder longest: uids are given in the order of placing.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND placed_at < :before
   AND flags & 32 = 0
 ORDER BY uid LIMIT :limit;

-- lock_rule --
-- As it is now: who changes it waits until a batch is through, and the next batch asks again.
SELECT days FROM retention_rules
 WHERE workspace_id = :workspace_id AND place = :place AND days IS NOT NULL FOR UPDATE;

-- note_sweep --
-- Shown beside the rule.
UPDATE retention_rules SET swept_at = :now, swept_count = swept_count + :count
 WHERE workspace_id = :workspace_id AND place = :place;
