Selectors (`pin`, `warm`, `spillover`) choose among several models for each request, and profiles, chosen with `PUT /api/profiles/active`, replace names while they are active.
