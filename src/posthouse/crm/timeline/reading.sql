-- read_page --
-- A page of one history, newest first. The same mail in several mailboxes stands once: its newest
-- entry that the reader may know of.
SELECT e.id, e.occurred_at, e.message_id
  FROM timeline_entries e
 WHERE e.workspace_id = :workspace_id AND {{customer e}}
   AND e.kind = ANY(:kinds) AND e.deleted_at IS NULL
   AND (e.occurred_at, e.id) < (:before_at, :before_id)
   AND (e.mailbox_id IS NULL OR {{readable e}})
   AND NOT EXISTS (SELECT FROM timeline_entries s
                    WHERE s.workspace_id = :workspace_id AND s.message_id = e.message_id
                      AND {{customer s}} AND (s.occurred_at, s.id) > (e.occurred_at, e.id)
                      AND {{readable s}})
 ORDER BY e.occurred_at DESC, e.id DESC
 LIMIT :limit;

-- read_entries --
-- Everything about the entries of a page: all copies of their mails that the reader may know of. What
-- is there only because of a legal hold has no words, as if it were erased.
SELECT e.id, e.version, e.kind, e.direction, e.automatic, e.occurred_at, e.contact_id,
       e.company_id, e.member_id, m.name AS member_name, e.mailbox_id, e.mailbox_message_id,
       e.message_id, e.thread_id, e.attachment_count, e.content, e.key_record_id,
       k.generation, k.wrapped
  FROM timeline_entries e
  LEFT JOIN members m ON m.workspace_id = e.workspace_id AND m.id = e.member_id
  LEFT JOIN data_keys k
    ON k.workspace_id = e.workspace_id AND k.record_id = e.key_record_id
   AND (e.mailbox_id IS NULL
        OR EXISTS (SELECT FROM mailbox_messages c
                     LEFT JOIN erasures x ON x.workspace_id = c.workspace_id
                           AND x.mailbox_message_id = c.id AND x.due_at = 'infinity'
                    WHERE c.workspace_id = e.workspace_id AND c.variant_id = e.key_record_id
                      AND x.mailbox_message_id IS NULL))
 WHERE e.workspace_id = :workspace_id AND {{customer e}}
   AND (e.id = ANY(:ids) OR e.message_id = ANY(:message_ids))
   AND (e.mailbox_id IS NULL OR {{readable e}})
 ORDER BY e.occurred_at DESC, e.id DESC;

-- read_figures --
-- Counts and moments of what the reader may know of; notes count as events only.
SELECT {{customer_of e}} AS customer_id,
       min(e.occurred_at) FILTER (WHERE e.kind <> 'note') AS first_at,
       max(e.occurred_at) FILTER (WHERE e.kind <> 'note') AS last_at,
       count(DISTINCT coalesce(e.message_id, e.id)) AS events,
       count(DISTINCT coalesce(e.message_id, e.id)) FILTER (WHERE e.direction = 'in') AS received,
       count(DISTINCT coalesce(e.message_id, e.id)) FILTER (WHERE e.direction = 'out') AS sent,
       max(e.occurred_at) FILTER (WHERE e.direction = 'in' AND NOT e.automatic) AS last_in_at,
       max(e.occurred_at) FILTER (WHERE e.direction = 'out' AND NOT e.automatic) AS last_out_at
  FROM timeline_entries e
 WHERE e.workspace_id = :workspace_id AND {{customer_of e}} = ANY(:customer_ids)
   AND e.deleted_at IS NULL AND (e.mailbox_id IS NULL OR {{readable e}})
 GROUP BY {{customer_of e}};

-- read_weeks --
-- What was exchanged per week, for the chart above a history.
SELECT date_trunc('week', e.occurred_at AT TIME ZONE 'UTC')::date AS week,
       count(DISTINCT coalesce(e.message_id, e.id)) FILTER (WHERE e.direction = 'in') AS received,
       count(DISTINCT coalesce(e.message_id, e.id)) FILTER (WHERE e.direction = 'out') AS sent
  FROM timeline_entries e
 WHERE e.workspace_id = :workspace_id AND {{customer e}} AND e.occurred_at >= :since
   AND e.deleted_at IS NULL AND (e.mailbox_id IS NULL OR {{readable e}})
 GROUP BY 1;
