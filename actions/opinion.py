"""What residents say of an outcome: how satisfied they are (回访五级), and whether the matter is solved."""

from __future__ import annotations

import re

GRADES = {
    "very_satisfied": "非常满意",
    "satisfied": "满意",
    "fairly_satisfied": "基本满意",
    "dissatisfied": "不满意",
    "very_dissatisfied": "非常不满意",
}
"""The intake's grades, best first, as they are said."""
HAPPY = frozenset({"very_satisfied", "satisfied", "fairly_satisfied"})

_NOT = r"(?:不|没|未|唔|勿|冇|無|无)"
# in this order: 非常不满意 holds 满意 too
_SAID: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "very_dissatisfied",
        re.compile(
            rf"(?:非常|很|极其?|极度|十分|太|相当|特别|超级){_NOT}(?:满意|滿意)|{_NOT}(?:满意|滿意)(?:极了|透了|至极)|差评|零分|0分|[负零一1]星"
            r"|(?<!\d)1分|太差|差得很|差极|垃圾(?:服务|部门)|忽悠|糊弄鬼|骗人|气死"
        ),
    ),
    (
        "dissatisfied",
        re.compile(
            rf"{_NOT}(?:太|大|是很|怎么|够|咋)?(?:满意|滿意|认可|同意结案)|差劲|失望|糊弄|敷衍|应付|[两二2]星|(?<!\d)2分|不及格|不咋地|不怎么样|不行|^差$"
        ),
    ),
    (
        "fairly_satisfied",
        re.compile(
            r"基本(?:上)?(?:满意|滿意|可以)|一般|还行|还可以|还成|凑合|马马虎虎|过得去|差强人意|三星|3星|(?<!\d)3分|将就|说得过去|勉强"
        ),
    ),
    (
        "very_satisfied",
        re.compile(
            r"(?:非常|很|十分|特别|极其|相当|超级|超|好|太|万分)(?:的)?(?:满意|滿意|认可|好)|满意极了|(?:五|5)(?:颗)?星|(?<!\d)5分|五分|满分|100分|一百分|好评|点赞|给力|棒"
        ),
    ),
    (
        "satisfied",
        re.compile(r"满意|滿意|不错|挺好|蛮好|可以的?$|认可|四星|4星|(?<!\d)4分|好样的|到位|^好的?$"),
    ),
)
_UNSOLVED = re.compile(
    r"(?:没有?|未|冇|还没有?|根本没|并没有?|压根没|沒有?|勿|无人|没人)(?:有)?(?:完全|彻底|真正|任何)?(?:解决|修|弄|处理|改|变|动|清|来|搞|管|理|整治|嚟|清理|好)"
    r"|(?:还是?|依然|仍然?|照样|照旧|依旧|一直)(?:在)?(?:坏|漏|臭|堵|吵|黑|老样子|原样|一样|没|那样|不亮|在|乱)|照旧|老样子|没用|跟没修一样|又(?:坏|漏|堆|堵|来|冒|吵|跟|回到|开始|停|摆)"
    r"|一样没|白(?:修|弄)|没变化|没改善|一回头又|反弹|治标不治本|重新(?:办|处理|修)|重办|糊弄"
)
_SOLVED = re.compile(
    r"(?:解决|修好|弄好|搞好|处理好|办妥|办好|清掉|清走|清干净|清理干净|补好|换好|装好|通了|亮了|好了|不漏了|不吵了|拖走|拆掉|恢复|搞定|弄妥|妥了)"
)
_YES = re.compile(
    r"^(?:嗯+|对|是|是的|有|解决|已经|已|好了|解決|都好了|可以了|yes|ok)+(?:了|的|啊|呀|额|。|！|!|\s)*$", re.IGNORECASE
)
_NO = re.compile(
    r"^(?:没有?|沒有?|否|不|不是|未|冇|no|还没有?|并没有?|没呢|没啊)(?:了|的|啊|呀|呢|。|！|!|\s)*$", re.IGNORECASE
)


def grade_of(text: str) -> str | None:
    """The grade that the words give. Bare numbers give none: 1 may be the best of five or the worst."""
    plain = re.sub(r"\s", "", text)
    return next((grade for grade, said in _SAID if said.search(plain)), None)


def solved_of(text: str, *, asked: bool = False) -> bool | None:
    """Whether the words say that the matter is solved; ``asked``: a bare yes or no answers it."""
    plain = re.sub(r"\s", "", text)
    if _UNSOLVED.search(plain):
        return False
    if asked and _NO.match(plain):
        return False
    if _SOLVED.search(plain):
        return True
    return True if asked and _YES.match(plain) else None
