from lab_utils.ladder.backend import announced

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


def test_a_get_ends_with_its_head():
    assert announced(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 0


def test_a_post_ends_with_its_body():
    assert announced(POST) == 5
    assert announced(POST + b"12") == 3
    assert announced(POST.lower().replace(b"post", b"POST") + b"12345") == 0
