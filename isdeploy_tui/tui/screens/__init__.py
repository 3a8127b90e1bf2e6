"""The modal screens: questions, help, plans."""
