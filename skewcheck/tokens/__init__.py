"""A token in whatever was pasted: found, read, and told without a secret."""
