-- Rules notify people of mail that came (RFC 5435, RFC 5436): one more kind of letter.
ALTER TABLE rule_letters DROP CONSTRAINT rule_letters_kind_check;
ALTER TABLE rule_letters ADD CONSTRAINT rule_letters_kind_check
    CHECK (kind IN ('redirect', 'vacation', 'reject', 'notify'));

-- Copies of what rules send are filed (RFC 8580). Not looked at again: what is there met a
-- narrower condition, and there may be millions of rows.
ALTER TABLE mailbox_messages DROP CONSTRAINT mailbox_messages_door_check;
ALTER TABLE mailbox_messages ADD CONSTRAINT mailbox_messages_door_check
    CHECK (door IN ('smtp', 'submission', 'append', 'import', 'composer', 'hosted', 'dsn',
                    'account', 'rule')) NOT VALID;
