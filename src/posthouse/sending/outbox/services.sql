-- others_waiting --
-- Recipients of a message beside these that are still to be reached; how many it has in all.
SELECT count(*) FILTER (WHERE state = 'queued' AND id <> ALL(:recipient_ids::uuid[])) AS waiting,
       count(*) AS total
  FROM outbox_recipients
 WHERE workspace_id = :workspace_id AND outbox_message_id = :outbox_message_id;
