-- How it is with a recipient that waits, said the same way by every list.
CREATE FUNCTION outbox_queue_state(
    held boolean, leased_by uuid, attempts integer, site text, due_at timestamptz, now timestamptz
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN held THEN 'held'
                WHEN leased_by IS NOT NULL THEN 'trying'
                WHEN attempts = 0 AND site IS NULL AND due_at > now THEN 'scheduled'
                ELSE 'waiting' END
$$;

-- Who took the empty house through the page: once, whoever else may try at the same moment.
CREATE TABLE house_claims (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    workspace_id uuid NOT NULL,
    claimed_at   timestamptz NOT NULL
);
SELECT share_with_all_workspaces('house_claims');
