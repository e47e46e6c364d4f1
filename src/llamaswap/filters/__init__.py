"""What is changed in a request's body before it is forwarded (http-api section 6.5). Pure: bytes in, edits out."""
