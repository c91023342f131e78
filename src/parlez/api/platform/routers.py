"""All routes of the dialect."""

from parlez.api.platform import (
    account,
    accounts,
    auth,
    branches,
    budgets,
    chat,
    conversations,
    feedback,
    health,
    invitations,
    keys,
    messages,
    models,
    owner,
    templates,
    usage,
)

ROUTERS = (
    health.router,
    chat.router,
    models.router,
    conversations.router,
    messages.router,
    branches.router,
    templates.router,
    feedback.router,
    auth.router,
    account.router,
    accounts.router,
    invitations.router,
    keys.router,
    owner.router,
    usage.router,
    budgets.router,
)
