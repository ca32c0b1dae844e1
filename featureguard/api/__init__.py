"""The freshness API: FastAPI on the picture that `serving` keeps; its security; its status page."""
