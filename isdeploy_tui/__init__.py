"""isdeploy-tui: zero-downtime deploys to Tomcats behind Apache httpd and mod_jk, over SSH."""

__version__ = "0.1.0"
