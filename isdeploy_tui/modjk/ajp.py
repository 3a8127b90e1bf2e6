"""The two AJP13 messages that answer "are you there?" (AJPv13 specification: CPing and CPong)."""

CPING = b"\x12\x34\x00\x01\x0a"
"""What mod_jk sends: magic, length 1, type 10."""

CPONG = b"\x41\x42\x00\x01\x09"
"""What a ready connector answers: ``AB``, length 1, type 9."""
