"""The screen: draws what the engine says and asks what a person wants; decides nothing."""
