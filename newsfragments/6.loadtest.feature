`POST /api/loadtest` asks models up to 64 requests at a time from the server itself, and streams what happens to each.
