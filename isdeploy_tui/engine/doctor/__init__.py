"""``check``: is everything there that a deploy will need? Facts are gathered, then judged; nothing is changed."""
