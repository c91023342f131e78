"""The dialect of the AIConvoKit API: users, tokens, assistants, chats."""
