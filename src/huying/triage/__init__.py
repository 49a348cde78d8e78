"""From the words of a call to what it is about: pure. Words and candidates come in, suggestions with reasons go out.

Nothing here reads the database, a request or a clock; who asks hands in what is known. It suggests, it never decides:
whether a suggestion may act alone is the street's rule, kept by `cases`. Prediction needs numpy alone; learning needs
`requirements/triage.txt` and happens in a process of its own that ends.
"""
