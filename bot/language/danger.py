"""Words that say that life is in danger now, and the signs that it is past, asked about, or a figure of speech.

Used beside the act model, recall first: the model alone misses what it has not seen, these words alone raise false
alarms. False alarms are held down by the signs.
"""

from __future__ import annotations

import re

from bot.language.normalise import simplify

_DANGERS: dict[str, re.Pattern[str]] = {
    "fire": re.compile(r"(着火|起火|失火|火灾|烧起来|冒(?:大|黑|浓)烟|火苗|爆炸|炸了|自燃|火光)"),
    "gas": re.compile(
        r"((?:煤|燃|天然|液化)气.{0,8}(?:味|漏|泄)|漏(?:煤|燃|天然)?气|气味.{0,4}头晕|一氧化碳|煤气中毒)"
    ),
    "collapse": re.compile(
        r"((?:墙|楼|房|屋|桥|脚手架|塔吊|路面|围挡|天花板|雨棚).{0,6}(?:塌|倒)了?.{0,8}(?:人|压|埋)|(?:塌|倒)(?:了|下来).{0,6}(?:人|压|埋))"
    ),
    "injury": re.compile(
        r"(掉(?:进|到|下).{0,6}(?:河|井|坑|水|池|湖|江|沟)|落水|溺水|触电|电(?:到|倒|晕)了?|晕(?:倒|过去)|昏(?:倒|迷|过去)|不省人事|没有?呼吸|"
        r"心(?:梗|脏病)|抽搐|流(?:了?好?多|了?一地|了?满地).{0,3}血|大出血|血流|满[脸头身地].{0,2}血|砸(?:到|中|伤)了?.{0,4}人|压(?:到|住|在).{0,6}人|"
        r"(?:碰到|沾到|摸到).{0,3}电|躺.{0,8}不动|(?:爬|逃|跑|救)不出来|没(?:爬|逃|跑)出来|人.{0,4}漂|跳下去|(?:有人|人)(?:被|给)?.{0,3}(?:压|埋|困)|撞(?:了|到|倒|飞|伤).{0,4}人|车祸|中毒|喘不(?:上|过)来?气|救命|快死|要生了|跳(?:楼|河|桥|江))"
    ),
    "crime": re.compile(
        r"((?:拿|持|提|挥|举).{0,3}(?:刀|棍|枪|斧)|砍人|捅(?:人|了|伤)|抢(?:劫|包|钱|手机)|行凶|绑架|劫持|杀人|打群架|打(?:得|的).{0,4}血|强奸|拐)"
    ),
}

_NOT_NOW = re.compile(
    r"(去年|前年|上个?月|上次|上回|以前|曾经|早就|之前|前几天|前段时间|昨天|昨晚|前天|几年前|过去|年前|周前|月前|演习|演练|培训|宣传|"
    r"会不会|要砸|快砸|会砸|要掉|快掉|要倒|怕|担心|万一|容易|隐患|可能会?|要是|如果|假如|防止|预防|避免|哪天|迟早|早晚|险些|差点|差一点|"
    r"什么时候|何时|怎么收费|多少钱|价格|费用|开通|办理|赔偿|赔付|事故调查|追责|判决|报过警|立案)"
)
_NOW = re.compile(r"(现在|正在|快来|快点来|赶紧来|马上|救命|救人|刚刚|刚才|!{2,}|！{2,}|快快|快叫|着了|起来了)")


def danger_now(text: str) -> str | None:
    """The kind of danger that the words say is there now: fire, gas, injury, crime, collapse. None if none is."""
    plain = simplify(text)
    for kind, pattern in _DANGERS.items():
        if pattern.search(plain) and (not _NOT_NOW.search(plain) or _NOW.search(plain)):
            return kind
    return None


def kind_of_danger(text: str) -> str | None:
    """The kind of danger that the words name, now or not; for choosing whom to call."""
    plain = simplify(text)
    return next((kind for kind, pattern in _DANGERS.items() if pattern.search(plain)), None)
