"""The probes of http-api section 24, asked of the whole server in its own process."""
