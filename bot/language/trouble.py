"""Whether words tell that something is wrong, and where they drop one matter for another."""

from __future__ import annotations

import re

_SOMEBODY = r"有(?:人|一?[个家户辆群帮条只些]|几[个家户辆条只])(?!管|来|查|看|处理|接|修|吗|没)"
_BROKEN = (
    r"坏|破了|破损|裂|漏|堵(?!在)|断了|断掉|塌|倒了|倒在|掉了|掉下|丢了|缺了|翘|松动|积水|冒[水烟泡]|不亮|不走了|溢|满了|停满|堆[着满了]|占[着道了]"
    r"|臭|脏|太?吵(?!架了)|噪音|扰民|乱[停扔摆堆贴倒搭]|没[水电](?!费)|停[水电](?!费|通知)|着火|起火|失火"
)
_DOING = (
    r"(?:在|正|又|一直|天天|每天|老是|总是|偷偷|私自|半夜).{0,10}(?:充电|施工|打桩|烧|唱歌|跳舞|摆摊|堆|倒垃圾|扔|停车|装修|电钻|敲|放(?:鞭炮|炮|烟花)"
    r"|抽烟|养[鸡鸭鸽狗猪]|搭建?|叫卖|打麻将|吵)"
)
_TROUBLE = re.compile(f"{_SOMEBODY}|{_BROKEN}|{_DOING}")
_MENDED = re.compile(r"(?:修|弄|办|搞)好|好了|解决|没坏|不[吵臭漏堵]了|走了|没事|来电|来水|清掉|扫掉")
# a phrase that ends so names a place, whatever is wrong there: 灯坏了的那个路口
_NAMES_PLACE = re.compile(
    r"(?:路口|门口|旁边?|对面|附近|隔壁|楼下|楼上|这里|这儿|那里|那儿|那边|这边|那条(?:[路街巷弄]|弄堂)|那一?[排片块段栋幢]|处|地方|位置|里面?|边上|小区|[楼路街弄号])$"
)
_IT = r"(?:这个|那个|这件|那件|刚才那个|刚才的|这事)"
_DROPS = re.compile(
    r"^(?:哎|唉|嗯|哦|那|还是|那就|要不|[，, ])*"
    r"(?:算了|(?:先|就|都)?不(?:报|说|管|讲|弄)(?:[^，,。\s]{0,4}?了)?"
    rf"|{_IT}[，, ]*(?:先|就)?(?:算了|不(?:报|说|管|要|讲)了?)"
    rf"|(?:先|就)?(?:别|不用)(?:报|管|说){_IT}?了?|换(?:一)?个(?:事|问题))(?:吧|啊|啦|了|呀)*"
)
_BETWEEN = re.compile(
    r"^[，,。.；;！!、\s~…]+(?:我?(?:想|要|还是)?(?:改|另外?|先)?(?:报|说|反映)(?:一下|另一个|别的)?[，,：: ]*)?"
)
# what follows is why the matter is dropped, and no matter of its own
_REASON = re.compile(
    r"^(?:反正|因为|太|嫌|怕|你们|也|都|报了|说了|已经|刚才|人家|它|他们|我自己|自己|等|改天|下次|回头|以后)"
)
_SHORTEST = 4


def tells_trouble(words: str) -> bool:
    """Whether the words say that something is wrong: 有人在楼道充电, 井盖坏了; not 修好了."""
    return bool(_TROUBLE.search(words)) and not _MENDED.search(words)


def names_place(words: str) -> bool:
    """Whether the words, whatever they tell, end as the name of a place does: 灯坏了的那个路口."""
    return bool(_NAMES_PLACE.search(words.rstrip(" ，,。.！!？?的")))


def told_instead(words: str) -> str | None:
    """What is told after one matter was dropped in the same breath (算了，有人在楼道充电); None when nothing is.

    A reason for dropping it is no matter of its own (不报了，反正没人管).
    """
    rest = words
    while dropped := _DROPS.match(rest):
        parted = _BETWEEN.match(rest[dropped.end() :])
        if parted is None:
            return None
        rest = rest[dropped.end() + parted.end() :].strip()
    if rest == words or len(rest) < _SHORTEST or _REASON.match(rest):
        return None
    return rest if tells_trouble(rest) else None
