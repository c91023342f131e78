"""Reading, cutting, embedding and finding what documents say."""
