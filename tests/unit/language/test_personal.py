"""Personal data is taken out of texts that are kept for learning; what the text is about and where stays."""

import pytest

from bot.language.personal import KINDS, personal_spans, without_personal


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("路灯坏了，电话13812345678，请回复", "路灯坏了，电话，请回复"),
        ("我手机138 1234 5678", "我手机"),
        ("１３８１２３４５６７８打给我", "打给我"),
        ("打我电话+86-138-1234-5678", "打我电话"),
        ("138****5678 联系我", " 联系我"),
        ("幺三八零零一二三四五六找我", "找我"),
        ("座机021-64123456转802", "座机"),
        ("座机64123456", "座机"),
        ("联系电话：8234567", "联系电话"),
        ("身份证310112199001011234", "身份证"),
        ("身份证号31011219900101123X。", "身份证号。"),
        ("老证310112900101123", "老证"),
        ("卡号6222 0212 3456 7890 123被扣款", "卡号被扣款"),
        ("工资卡6222021234567890123", "工资卡"),
        ("沪A12345乱停", "乱停"),
        ("有辆沪AD12345停在绿化带", "有辆停在绿化带"),
        ("鄂A·8K2P9长期占道", "长期占道"),
        ("浙 a 8b8c8 逆行", " 逆行"),
        ("发到zhang.wei_88@example.com.cn谢谢", "发到谢谢"),
        ("加我微信zhangwei_88", "加我微信"),
        ("QQ：12345678", "QQ"),
    ],
)
def test_numbers_and_addresses_of_people_go(text, left):
    assert without_personal(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("我叫张伟，住在银都路", "我叫某，住在银都路"),
        ("我叫张伟住在银都路", "我叫某住在银都路"),
        ("我叫欧阳震华", "我叫某"),
        ("我姓李，小区停水", "我姓某，小区停水"),
        ("免贵姓马", "免贵姓某"),
        ("本人李建国，身份证丢了", "本人某，身份证丢了"),
        ("我是陈小明，楼上漏水", "我是某，楼上漏水"),
        ("联系人：王芳 电话13912345678", "联系人：某 电话"),
        ("联系人王芳电话13912345678", "联系人某电话"),
        ("姓名:陆明察，性别女", "姓名:某，性别女"),
        ("投诉人：古丽娜尔 13812345678", "投诉人：某 "),
        ("请联系刘女士", "请联系某女士"),
        ("聯繫人：陳志強", "聯繫人：某"),
    ],
)
def test_names_after_words_that_announce_them_go(text, left):
    assert without_personal(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "沪闵路6088号门口井盖没了",
        "都市路399弄12号302室漏水",
        "路灯20190812坏到现在",
        "2019-08-12 17:30报过一次",
        "打12345没人接 110也不来",
        "本人于2016年3月购买了商铺",
        "本人曾多次反映此事",
        "我是高层住户 水压不够",
        "我是江川路街道居民",
        "我叫车半天叫不到",
        "我叫了物业也没人来",
        "灯杆MH0712-08不亮",
        "沪C牌照进不了市区",
        "百姓反映强烈",
        "老百姓出行难",
        "老百姓安居乐业",
        "举报人曾到该校反映",
        "小区姓名登记",
        "3.5万平方米的绿地",
        "业主：楼道没有灯",
        "留下联系人方式也没人回",
        "A3区白鹭郡小区信号差",
        "新A1栋没有电梯",
        "案件483920175",
        "G15沈海高速K1288+500",
    ],
)
def test_what_is_nobodys_stays(text):
    assert without_personal(text) == text


def test_a_known_name_goes_wherever_it_stands():
    assert without_personal("物业骂了郁小楼，郁小楼很生气", names=["郁小楼", ""]) == "物业骂了某，某很生气"


def test_spans_lead_to_the_text_as_written():
    text = "我叫张伟，電話１３８１２３４５６７８"
    spans = personal_spans(text)
    assert [(text[s.start : s.end], s.kind) for s in spans] == [("张伟", "name"), ("１３８１２３４５６７８", "phone")]
    assert {span.kind for span in spans} <= set(KINDS)


def test_long_texts_are_done_at_once():
    text = "小区门口路灯坏了没有人来修，" * 2000 + "电话13812345678"
    assert without_personal(text).endswith("电话")
