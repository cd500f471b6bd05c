from lib.answer import app  # noqa: F401
