"""The store: mailboxes, their folders, and messages as identity, variant, copy and place.

Owns the tables mailboxes, mailbox_addresses, folders, keywords, addresses, messages, variants,
variant_people, mailbox_messages, mailbox_message_people, folder_messages, folder_expunges,
member_seen and erasures. Announces MessagesFiled, MessagesMoved, MessagesExpunged,
MessagesErased, ThreadsMerged.
"""
