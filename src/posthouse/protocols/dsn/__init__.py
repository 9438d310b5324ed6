"""Delivery status notifications (RFC 3464): what we send for what failed, and what comes back.

What comes back: `read_notice(scan)` tells of any mail whether it is a bounce (by fields or in
words), a complaint (RFC 5965) or an automatic reply (RFC 3834), of whom, and why. `reason_of` says
why of an SMTP reply alone.
"""
