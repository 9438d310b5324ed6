"""What people and operators do with workspaces, members and their credentials."""
