"""Language models behind `core.ports.chat_model`: one folder per wire format."""
