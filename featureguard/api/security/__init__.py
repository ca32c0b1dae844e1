"""What stands before the API, as plain ASGI: log and headers, who asks, how often, and how much is sent."""
