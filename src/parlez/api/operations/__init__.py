"""What machines ask about the server: is it alive, ready, how is it doing."""
