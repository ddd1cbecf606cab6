"""The web application."""

from __future__ import annotations

import re
from http.client import BAD_REQUEST, NOT_FOUND
from typing import TYPE_CHECKING, Any

from flask import Flask, abort, json, request
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from werkzeug.sansio.response import Response

    from recommender_a.model import Model

MOST_MOVIES = 100
ROUTES = "GET /recommend/<user_id>?n=10, GET /healthz and GET /"


def create_app(model: Model, variant: str) -> Flask:
    """Return the application that answers from `model` under the name `variant`."""
    app = Flask("recommender_a")
    about = {"variant": variant, "model": model.name}

    @app.get("/recommend/<user_id>")
    def recommend(user_id: str) -> dict[str, Any]:
        n = requested_number()
        if user_id not in model.users:
            abort(
                NOT_FOUND,
                f"user {user_id!r} is unknown: not among the {len(model.users)} users learnt",
            )
        return {"user_id": user_id, **about, "movies": model.recommend(user_id, n)}

    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"status": "ok", **about, "users": len(model.users), "movies": len(model.movie_ids)}

    @app.get("/")
    def index() -> dict[str, Any]:
        return {"server": "recommender-a", **about, "routes": ROUTES}

    app.register_error_handler(HTTPException, error_as_json)
    return app


def requested_number() -> int:
    """Return how many films this request asks for; anything but 1 to 100 ends in a 400."""
    text = request.args.get("n", "10")
    if not (re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MOST_MOVIES):
        abort(BAD_REQUEST, f"n is {text!r}; it must be a whole number, 1 to {MOST_MOVIES}")
    return int(text)


def error_as_json(error: HTTPException) -> Response:
    """Turn whatever goes wrong into `{"error": …}`, keeping its status and headers."""
    what = error.description
    if error.code == NOT_FOUND and request.url_rule is None:
        what = f"there is nothing at {request.path}; there is {ROUTES}"
    response = error.get_response()
    response.set_data(json.dumps({"error": what}))
    response.content_type = "application/json"
    return response
