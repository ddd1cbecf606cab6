"""What a team brings."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from serving.model import Model
    from serving.ratings import Ratings


@dataclass(frozen=True)
class Recommender:
    """A team's package, by the three names that the kit asks of it.

    `fit` is in its module `train`, `Model` in `model` and `create_app` in `app`.
    Each is imported when it is asked for: so training loads no web framework, serving no training
    library, and a health check, every few seconds, neither.

    Attributes:
        package: the package's name, such as `recommender_a`.
        variant: what the experiment calls it unless told otherwise.
    """

    package: str
    variant: str

    @property
    def name(self) -> str:
        """What it calls itself to people, such as `recommender-a`."""
        return self.package.replace("_", "-")

    @property
    def fit(self) -> Callable[[Ratings], Model]:
        """What learns a model from ratings."""
        fit: Callable[[Ratings], Model] = import_module(f"{self.package}.train").fit
        return fit

    @property
    def model(self) -> type[Model]:
        """What `fit` returns, to load it without what training needs."""
        model: type[Model] = import_module(f"{self.package}.model").Model
        return model

    @property
    def create_app(self) -> Callable[[Model, str], WSGIApplication]:
        """What makes the application that answers from a model under the name of a variant."""
        create_app: Callable[[Model, str], WSGIApplication]
        create_app = import_module(f"{self.package}.app").create_app
        return create_app
