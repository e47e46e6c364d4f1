`filters` strip and set parameters of JSON requests for models and peers, and no other byte of a request changes.
