-- Up to which uid the messages of a folder were told to an IMAP session as \Recent (RFC 3501 2.3.2),
-- and where the newest claim began. Beside the folders: a claim never waits for a delivery, which
-- holds the folder's row, nor a delivery for a claim.
CREATE TABLE folder_recents (
    workspace_id  uuid NOT NULL,
    folder_id     uuid NOT NULL,
    claimed_to    bigint NOT NULL DEFAULT 0,
    claimed_after bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, folder_id),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES folders (workspace_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
SELECT protect_by_workspace('folder_recents');
-- What is here already is not new to anybody.
INSERT INTO folder_recents (workspace_id, folder_id, claimed_to)
SELECT workspace_id, id, uid_next - 1 FROM folders;

-- The zone in which APPEND or another server said when a message came: minutes east of UTC, NULL for
-- UTC itself. INTERNALDATE and SEARCH by its days speak of that zone.
ALTER TABLE folder_messages ADD COLUMN zone smallint CHECK (zone BETWEEN -1439 AND 1439);
