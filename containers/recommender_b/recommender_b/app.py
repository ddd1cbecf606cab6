"""The web application: a whole Django project in one file, with no database."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from recommender_b.model import Model

    View = Callable[..., JsonResponse]

MOST_MOVIES = 100
ROUTES = "GET /recommend/<user_id>?n=10, GET /healthz and GET /"


def create_app(model: Model, variant: str) -> WSGIHandler:
    """Return the application that answers from `model` under the name `variant`.

    Django has one set of settings a process: a second call changes the model of them all.
    """
    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], USE_I18N=False)
    settings.RECOMMENDER = model
    settings.ABOUT = {"variant": variant, "model": model.name}
    return get_wsgi_application()


def error(status: HTTPStatus, what: str) -> JsonResponse:
    """Return `{"error": …}`."""
    return JsonResponse({"error": what}, status=status)


def get_only(view: View) -> View:
    """Answer other methods than GET and HEAD in JSON, which Django's own decorators do not."""

    def checked(request: HttpRequest, **arguments: Any) -> JsonResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request, **arguments)
        refused = error(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not allowed; GET is")
        refused["Allow"] = "GET, HEAD"
        return refused

    return checked


@get_only
def recommend(request: HttpRequest, user_id: str) -> JsonResponse:
    """Recommend films to one user."""
    n = request.GET.get("n", "10")
    if not (re.fullmatch("[0-9]{1,3}", n) and 1 <= int(n) <= MOST_MOVIES):
        what = f"n is {n!r}; it must be a whole number, 1 to {MOST_MOVIES}"
        return error(HTTPStatus.BAD_REQUEST, what)
    model: Model = settings.RECOMMENDER
    if user_id not in model.users:
        what = f"user {user_id!r} is unknown: not among the {len(model.users)} users learnt"
        return error(HTTPStatus.NOT_FOUND, what)
    movies = model.recommend(user_id, int(n))
    return JsonResponse({"user_id": user_id, **settings.ABOUT, "movies": movies})


@get_only
def healthz(_request: HttpRequest) -> JsonResponse:
    """Tell that the model is loaded, and how much it knows."""
    model: Model = settings.RECOMMENDER
    known = {"users": len(model.users), "movies": len(model.movie_ids)}
    return JsonResponse({"status": "ok", **settings.ABOUT, **known})


@get_only
def index(_request: HttpRequest) -> JsonResponse:
    """Name the server."""
    return JsonResponse({"server": "recommender-b", **settings.ABOUT, "routes": ROUTES})


def unknown_route(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django names it
    """Say what routes there are."""
    what = f"there is nothing at {request.path}; there is {ROUTES}"
    return error(HTTPStatus.NOT_FOUND, what)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django names it
    """Say that the request itself could not be understood."""
    return error(HTTPStatus.BAD_REQUEST, "the request could not be understood")


def failed(_request: HttpRequest) -> JsonResponse:
    """Say that the fault is ours."""
    what = "the recommender failed; its log has the reason"
    return error(HTTPStatus.INTERNAL_SERVER_ERROR, what)


# Django looks these names up in the module that ROOT_URLCONF names.
urlpatterns = [
    path("recommend/<str:user_id>", recommend),
    path("healthz", healthz),
    path("", index),
]
handler400 = bad_request
handler404 = unknown_route
handler500 = failed
