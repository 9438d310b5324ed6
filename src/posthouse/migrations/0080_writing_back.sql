-- Up to which modseq of our folder its changes have reached the server.
ALTER TABLE remote_folders ADD COLUMN pushed_modseq bigint NOT NULL DEFAULT 0;
