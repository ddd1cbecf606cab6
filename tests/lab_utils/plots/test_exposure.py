from lab_utils.experiment import wording


def test_its_caption_has_the_first_and_the_last_age(fading):
    caption = fading.plot().caption
    for row in (fading.table.iloc[0], fading.table.iloc[-1]):
        assert wording.difference(row["difference"], "share") in caption
    above = (fading.table["ci_low"] > 0).sum()
    assert f"{above} of {len(fading.table)} intervals are above 0" in caption


def test_the_first_age_stands_half_a_day_after_the_first_visit(fading):
    (axes,) = fading.plot().figure.axes
    assert axes.get_lines()[0].get_xdata()[0] == 0.5
