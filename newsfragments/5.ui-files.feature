`/ui/` shows the models, loads and unloads them; its files come in brotli and gzip, with `ETag`, and are kept for a year where their names hold a hash.
