`POST /api/models/load/{model}?wait=no` answers at once, and the load goes on without the client.
