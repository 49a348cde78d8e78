class Contests:
    def __init__(self, *a): pass
    def undeclared(self): return []
    def do(self, number, rng): pass
