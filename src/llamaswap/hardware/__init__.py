"""The machine: what it is made of, and how busy it is (http-api sections 18 and 19)."""
