-- is_taken --
-- Whether there is any workspace.
SELECT EXISTS (SELECT FROM workspaces) AS taken;

-- claim_house --
-- Once only: of several at the same moment one comes first.
INSERT INTO house_claims (workspace_id, claimed_at) VALUES (:workspace_id, :now)
ON CONFLICT (one) DO NOTHING;
