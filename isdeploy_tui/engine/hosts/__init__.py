"""Whole hosts: Apaches go out of the balancer in front of them, and no map is touched."""
