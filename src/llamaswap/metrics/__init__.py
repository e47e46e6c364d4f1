"""What is known of requests: those under way, those that ended, and what they cost (http-api sections 11 to 16)."""
