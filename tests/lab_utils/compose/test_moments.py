from lab_utils.compose.moments import Moments

BEGAN = "2026-11-25T10:00:00.5Z"


def container(service, started, *, finished=None, code=0, probes=()):
    state = {
        "Status": "exited" if finished else "running",
        "StartedAt": started,
        "FinishedAt": finished or "0001-01-01T00:00:00Z",
        "ExitCode": code,
        "Health": {"Log": [{"End": end, "ExitCode": result} for end, result in probes]},
    }
    return {"com.docker.compose.service": service}, state


def test_times_are_counted_from_the_first_start():
    train = container("train", BEGAN, finished="2026-11-25T10:00:02.000000001Z")
    serve = container(
        "serve",
        "2026-11-25T11:00:02.5+01:00",
        probes=[("2026-11-25T10:00:03Z", 1), ("2026-11-25T10:00:05.25Z", 0)],
    )
    first, second = Moments.of([serve, train]).all
    assert (first.service, first.started_s, round(first.ended_s, 3)) == ("train", 0.0, 1.5)
    assert (second.started_s, second.healthy_s, second.ended_s) == (2.0, 4.75, None)


def test_who_ended_is_told_in_order_with_the_exit_code():
    moments = Moments.of(
        [
            container("till", BEGAN, finished="2026-11-25T10:00:04Z", code=1),
            container("store", BEGAN, finished="2026-11-25T10:00:03Z", code=3),
            container("page", BEGAN),
        ]
    )
    assert [(each.service, each.exit_code) for each in moments.ended] == [("store", 3), ("till", 1)]


def test_a_first_health_check_that_may_be_forgotten_is_not_guessed():
    probes = [(f"2026-11-25T10:00:0{second}Z", 0) for second in range(1, 6)]
    (moment,) = Moments.of([container("serve", BEGAN, probes=probes)]).all
    assert moment.healthy_s is None


def test_a_project_without_containers_has_no_moments():
    assert Moments.of([]).all == ()
