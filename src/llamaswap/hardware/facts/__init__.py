"""What a machine is made of, one module for each part (http-api section 19). Readers take the directory that is `/`."""
