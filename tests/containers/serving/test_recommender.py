import subprocess
import sys

LIBRARIES = {"flask", "django", "sklearn", "surprise", "granian"}


def imported_by(statement):
    """Which libraries a fresh Python has imported after a statement."""
    report = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return LIBRARIES & set(done.stdout.split())


def asking_for(recommender, part):
    team = f"Recommender({recommender.package!r}, {recommender.variant!r})"
    return f"from serving.recommender import Recommender; {team}.{part}"


def test_its_name_for_people_is_that_of_the_package(recommender):
    assert recommender.name == recommender.package.replace("_", "-")


def test_training_loads_no_web_framework(recommender):
    imported = imported_by(asking_for(recommender, "fit"))
    assert imported in ({"sklearn"}, {"surprise"})


def test_serving_loads_no_training_library(recommender):
    assert not imported_by(asking_for(recommender, "model"))
    assert imported_by(asking_for(recommender, "create_app")) in ({"flask"}, {"django"})


def test_a_health_check_loads_neither():
    assert not imported_by("import serving.commands, serving.healthcheck")
