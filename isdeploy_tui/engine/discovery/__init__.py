"""``discover``: from the names of servers to a servers.toml. What is there is read and put together."""
