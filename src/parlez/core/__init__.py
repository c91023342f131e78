"""The domain: conversations, turns, events. No HTTP, SQL, vendor or environment in here."""
