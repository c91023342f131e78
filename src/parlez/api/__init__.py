"""One folder per dialect: routes, schemas, encoding. None imports another."""
