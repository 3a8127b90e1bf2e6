"""Everything that touches SSH: connections, scripts, files and processes on the servers."""
