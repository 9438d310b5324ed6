-- What merged into a thread that merges now follows it: found without reading every thread.

CREATE INDEX threads_by_merged_into ON threads (workspace_id, merged_into)
    WHERE merged_into IS NOT NULL;
