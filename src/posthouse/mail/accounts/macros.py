"""SQL that several statements share: whether the server has a message of ours, and where."""

LEDGER_MACROS = {
    # A place of ours that an item holds: the message lies in that folder there, too.
    "at_server": """EXISTS (
           SELECT FROM remote_items o
             JOIN remote_folders t
               ON t.workspace_id = o.workspace_id AND t.id = o.remote_folder_id
              AND t.generation = o.generation
            WHERE o.workspace_id = {}.workspace_id
              AND o.mailbox_message_id = {}.mailbox_message_id
              AND t.folder_id = {}.folder_id AND o.state = 'stored' AND NOT o.leaving)""",
    # A place of the folder `r` that has yet to get there. Of what was sent from here sent_copies
    # takes care, also of what a mail program put into Sent in its place.
    "only_here": """{}.modseq > r.pushed_modseq
       AND NOT EXISTS (SELECT FROM remote_items o
                        WHERE o.workspace_id = {}.workspace_id
                          AND o.mailbox_message_id = {}.mailbox_message_id
                          AND o.remote_folder_id = r.id AND o.generation = r.generation)
       AND NOT (r.special_use IS NOT DISTINCT FROM 'sent' AND EXISTS (
           SELECT FROM mailbox_messages c
             JOIN variants v ON v.workspace_id = c.workspace_id AND v.message_id = c.message_id
             JOIN mailbox_messages s
               ON s.workspace_id = v.workspace_id AND s.variant_id = v.id
              AND s.mailbox_id = c.mailbox_id AND s.door IN ('composer', 'submission')
            WHERE c.workspace_id = {}.workspace_id AND c.id = {}.mailbox_message_id))""",
    # What waits for a move to be carried over, or is leaving, is no copy to be put there.
    "on_its_way": """EXISTS (
           SELECT FROM remote_items o
             JOIN remote_folders t
               ON t.workspace_id = o.workspace_id AND t.id = o.remote_folder_id
            WHERE o.workspace_id = {}.workspace_id
              AND o.mailbox_message_id = {}.mailbox_message_id
              AND (o.leaving OR NOT EXISTS (
                       SELECT FROM folder_messages q
                        WHERE q.workspace_id = o.workspace_id AND q.folder_id = t.folder_id
                          AND q.mailbox_message_id = o.mailbox_message_id)))""",
    # Where the message of an item lies that has left its folder there: its own place, or, when a
    # person has moved it here, where it went. Not a place to which another item's was moved.
    "is_place_of_leaving": """EXISTS (
           SELECT FROM remote_folders t
            WHERE t.workspace_id = {}.workspace_id AND t.id = i.remote_folder_id
              AND ({}.folder_id = t.folder_id
                   OR NOT EXISTS (SELECT FROM folder_messages q
                                   WHERE q.workspace_id = t.workspace_id
                                     AND q.folder_id = t.folder_id
                                     AND q.mailbox_message_id = i.mailbox_message_id)
                  AND NOT EXISTS (
                      SELECT FROM remote_items o
                        JOIN remote_folders s
                          ON s.workspace_id = o.workspace_id AND s.id = o.remote_folder_id
                         AND s.generation = o.generation
                       WHERE o.workspace_id = i.workspace_id
                         AND o.mailbox_message_id = i.mailbox_message_id
                         AND o.state = 'stored' AND NOT o.leaving
                         AND NOT EXISTS (
                             SELECT FROM folder_messages q
                              WHERE q.workspace_id = s.workspace_id
                                AND q.folder_id = s.folder_id
                                AND q.mailbox_message_id = i.mailbox_message_id))))""",
}
