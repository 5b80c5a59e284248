"""News for the ops team and the office: what is told, over which channels, and what is remembered of it.

Belongs here: messages, the digest, mail and webhooks, the post that waits to be sent. Does not belong here: when any of
it happens (``pipelines.sensors``), figures of its own: every one is read from the published file.
"""
