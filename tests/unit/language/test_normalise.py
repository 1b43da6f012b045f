"""A text has one normalised form, and every span of it leads back to what was written."""

import pytest

from bot.language.normalise import is_traditional, normalise, without_markup
from bot.language.numerals import digit_by_digit, read_numeral


@pytest.mark.parametrize(
    ("spoken", "digits"),
    [
        ("三百二十", "320"),
        ("三百二", "320"),
        ("三百零五", "305"),
        ("一千零二十", "1020"),
        ("幺二三", "123"),
        ("零二一", "021"),
        ("两千零五", "2005"),
        ("十八", "18"),
        ("廿二", "22"),
        ("一万二", "12000"),
        ("五", "5"),
        ("一万两千三百", "12300"),
    ],
)
def test_numerals_are_read_as_people_mean_them(spoken, digits):
    assert read_numeral(spoken) == digits


@pytest.mark.parametrize("text", ["", "路灯", "三百弄", "12", "万", "百"])
def test_what_is_no_numeral_is_not_read(text):
    assert read_numeral(text) is None


def test_a_number_is_said_digit_by_digit():
    assert digit_by_digit("4831") == "四八三幺"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("老滬閔路三百二十弄", "老沪闵路320弄"),
        ("春申路１５８１弄５号楼", "春申路1581弄5号楼"),
        ("龙柏四村三小区", "龙柏四村三小区"),
        ("一号通", "1号通"),
        ("三五零八号", "3508号"),
        ("万元路12号", "万元路12号"),
        ("三单元", "3单元"),
        ("", ""),
    ],
)
def test_one_form_for_what_is_written_in_many(written, normal):
    assert normalise(written).text == normal


@pytest.mark.parametrize(
    ("written", "part", "original"),
    [
        ("我在老滬閔路三百二十弄門口", "320弄", "三百二十弄"),
        ("㈠樓１２０３室", "1203室", "１２０３室"),
        ("😀路燈壞了", "路灯", "路燈"),
    ],
)
def test_a_span_leads_back_to_what_was_written(written, part, original):
    text = normalise(written)
    start = text.text.index(part)
    assert text.slice(start, start + len(part)) == original


def test_an_empty_span_stands_for_nothing():
    with pytest.raises(ValueError, match="empty"):
        normalise("路灯").span(1, 1)


def test_traditional_writing_is_noticed():
    assert is_traditional("路燈壞了")
    assert not is_traditional("路灯坏了")


@pytest.mark.parametrize(
    ("pasted", "heard"),
    [
        ("<p>路灯坏了</p><p>在银都路812弄</p>", "路灯坏了 在银都路812弄"),
        ("路<b>灯</b>坏了", "路灯坏了"),
        ("看https://t.cn/A6x银都路路灯坏了", "看 银都路路灯坏了"),
        ("路灯坏了，ｈｔｔｐ：／／a.b/c，谢谢", "路灯坏了, 谢谢"),
        ("weibo.com/12/34路灯坏了", "路灯坏了"),
        ("井盖坏了<img src=x onerror=alert(1)", "井盖坏了"),
        ("银都路&nbsp;812弄", "银都路 812弄"),
        ("<script>银都路路灯坏了</script>", "银都路路灯坏了"),
        ("路灯坏了<script>alert(1)</script>", "路灯坏了"),
    ],
)
def test_links_and_markup_say_nothing(pasted, heard):
    assert normalise(pasted).text == heard


@pytest.mark.parametrize("text", ["3<5", "K12+300", "abc@qq.com", "<银都路>", "https://t.cn/A6x", "<b></b>", "A1.2"])
def test_what_only_looks_like_markup_or_is_nothing_else_stays(text):
    assert normalise(text).text == text


def test_a_span_leads_back_past_the_markup_to_what_was_typed():
    text = "<p>路灯</p>在<b>银都路</b>八百一十二弄 http://x.cn/1"
    plain = normalise(text)
    at = plain.text.index("银都路")
    assert plain.text[at : at + 7] == "银都路812弄"
    assert plain.slice(at, at + 7) == "银都路</b>八百一十二弄"
    assert without_markup(plain.slice(at, at + 7)) == "银都路八百一十二弄"


def test_words_without_markup_are_as_they_were_written():
    assert without_markup("三樓 <b>漏水</b>，見http://a.cn/１２") == "三樓 漏水，見"
