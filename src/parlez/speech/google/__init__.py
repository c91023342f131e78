"""Google Cloud's Speech-to-Text and Text-to-Speech."""
