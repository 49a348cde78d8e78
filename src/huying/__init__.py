"""huying (呼应): every call is answered."""

__version__ = "0.2.0"
