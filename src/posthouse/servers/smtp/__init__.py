"""The SMTP edge: listeners for other servers (MX) and for members (submission)."""
