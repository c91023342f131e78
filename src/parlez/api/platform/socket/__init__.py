"""The WebSocket, over the turns that all dialects have."""
