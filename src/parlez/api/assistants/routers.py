"""All routes of the dialect."""

from parlez.api.assistants import assistants, chats, pages, users

ROUTERS = (users.router, assistants.router, chats.router, pages.router)
