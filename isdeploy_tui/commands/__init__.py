"""The command line's commands, one module each; imported only when their command is given."""
