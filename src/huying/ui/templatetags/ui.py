"""Small filters and tags of the components."""

from django import template

register = template.Library()
