"""Measuring huying: worlds of any size, every door over HTTP, growth. Beside the package, never shipped."""
