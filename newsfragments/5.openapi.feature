`GET /api/openapi.json` describes the server's own API in OpenAPI 3.1.
