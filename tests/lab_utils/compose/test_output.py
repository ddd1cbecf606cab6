from lab_utils.compose.output import Output, Provenance, banner

PROVENANCE = Provenance("25 November 2026", "26.1", "2.26")


def test_an_output_is_shown_with_its_command_and_how_it_ended():
    assert str(Output("docker compose ps", 0, "all well")) == "$ docker compose ps\nall well"
    assert "(exit code 17)" in str(Output("docker compose up", 17, "no"))
    assert "(not run)" in str(Output("docker compose up", None, "why"))


def test_a_recording_says_that_it_is_one_in_both_forms():
    bundle = Output("docker compose ps", 0, "x", PROVENANCE)._repr_mimebundle_()
    for form in bundle.values():
        assert "Recorded on 25 November 2026" in form
    assert banner(None) == ""


def test_what_a_program_printed_is_no_html():
    assert "<b>up" not in Output("ps", 0, "<b>up")._repr_mimebundle_()["text/html"]


def test_of_a_long_line_nothing_is_hidden():
    shown = Output("ps", 1, "Bind for 127.0.0.1:7004 failed" * 9)._repr_mimebundle_()["text/html"]
    assert "pre-wrap" in shown
