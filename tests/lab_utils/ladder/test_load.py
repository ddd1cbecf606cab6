from lab_utils.ladder.load import closes, is_whole

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


def test_an_answer_is_whole_with_its_last_byte():
    assert is_whole(HEAD + b"films")
    assert not is_whole(HEAD + b"film")
    assert not is_whole(HEAD[:-1])


def test_a_server_that_closes_is_not_asked_again():
    assert closes(HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"films")
    assert not closes(HEAD + b"\r\nconnection: close")
