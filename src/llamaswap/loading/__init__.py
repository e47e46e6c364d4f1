"""What a client that asked for a stream sees while its model loads (lifecycle section 8)."""
