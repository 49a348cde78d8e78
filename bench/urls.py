"""The product's addresses, and the references beside them."""

from django.urls import include, path

from huying.config.urls import handler400, handler403, handler404, handler500
from huying.config.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*product, path("bench/", include("bench.reference"))]
