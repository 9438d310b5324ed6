-- The log of what left a folder is kept for a while, not for ever. Who asks from before
-- expunges_trimmed_to is not answered from the log: every uid he knows is looked at instead.
ALTER TABLE folders ADD COLUMN expunges_trimmed_to bigint NOT NULL DEFAULT 0;
ALTER TABLE folder_expunges ADD COLUMN expunged_at timestamptz NOT NULL DEFAULT now();
