"""Reads what people already have, an is-deploy console's JSON or an Ansible inventory, as a draft of a servers.toml."""
