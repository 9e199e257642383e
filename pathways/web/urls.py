"""The addresses of the screens about the map, besides the admin."""

from django.urls import path

from pathways.web import gallery

urlpatterns = [
    path("pathways/", gallery.Gallery.as_view(), name="gallery"),
    path("pathways/<slug:code>/use/", gallery.UseShipped.as_view(), name="use_shipped"),
]
