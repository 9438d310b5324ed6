"""Who may do what: members who sign in, access to resources, the vault that encrypts."""
