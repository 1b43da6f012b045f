"""Of a letter the places are kept that it is about, of what is named on the way or again and again the rest is left."""

from bot.language.salience import Seen, salient

LETTER = (
    "银杏苑小区东门没有路灯。我家住在银杏苑小区，晚上出门一片漆黑，银杏苑小区的老人都不敢下楼。"
    "以前住在河西的育才街也有过这种事，后来区里到育才街看了就修好了，银杏苑小区为什么没有人管，请答复。"
)


def seen(name, sure=0.95, letter=LETTER):
    at, found = letter.find(name), []
    while at >= 0:
        found.append(Seen(at, at + len(name), sure, sure, sure))
        at = letter.find(name, at + 1)
    return found


def kept(places, letter=LETTER):
    return [letter[place.start : place.end] for place in salient(letter, sorted(places))]


def test_the_place_of_the_matter_is_kept_in_the_title_and_in_the_text():
    assert kept(seen("银杏苑小区"))[:2] == ["银杏苑小区", "银杏苑小区"]


def test_a_name_said_over_and_over_counts_no_more_at_the_end():
    mentions = seen("银杏苑小区")
    assert mentions[-1] not in salient(LETTER, mentions)


def test_a_place_named_late_and_on_the_way_is_left_out():
    assert "育才街" not in kept([*seen("银杏苑小区"), *seen("育才街", 0.7)])


def test_of_a_place_that_the_model_hardly_sees_nothing_is_kept():
    assert kept(seen("银杏苑小区", 0.05)) == []


def test_a_letter_without_places_has_none():
    assert salient(LETTER, []) == []
