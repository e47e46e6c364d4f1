Captures: the last requests and answers can be looked at (`/api/captures/{id}`) without keys and passwords, in bounded memory; `captures` says how much is captured and what else is left out.
