"""What kind of body a Chinese office is, in English, told by its name: 闵行区水务局 is a water authority."""

from __future__ import annotations

# what the names of such offices have in them in any city, the telling words first
_KINDS = (
    ("绿化", "greenery and city appearance authority"),
    ("市容环境卫生", "street cleaning service"),
    ("环境卫生", "street cleaning service"),
    ("环卫", "street cleaning service"),
    ("综合行政执法", "urban management enforcement team"),
    ("城市管理", "urban management enforcement authority"),
    ("城管", "urban management enforcement authority"),
    ("城市运行管理中心", "city operations centre"),
    ("城市建设管理", "town maintenance office"),
    ("路灯", "street lighting service"),
    ("排水", "drainage service"),
    ("自来水", "water company"),
    ("供水", "water company"),
    ("水务", "water authority"),
    ("供电", "power company"),
    ("电力", "power company"),
    ("燃气", "gas company"),
    ("热电", "heating company"),
    ("供热", "heating company"),
    ("通信管理", "telecommunications authority"),
    ("通信", "telecommunications company"),
    ("消防", "fire and rescue service"),
    ("交警", "traffic police"),
    ("交通警察", "traffic police"),
    ("公安", "police"),
    ("派出所", "police station"),
    ("道路养护", "road maintenance service"),
    ("市政", "road maintenance service"),
    ("交通", "transport authority"),
    ("房屋征收", "housing expropriation office"),
    ("房", "housing authority"),
    ("生态环境", "environment authority"),
    ("环保", "environment authority"),
    ("市场监督", "market regulator"),
    ("市场监管", "market regulator"),
    ("规划", "planning authority"),
    ("自然资源", "natural resources authority"),
    ("人力资源", "labour and social security authority"),
    ("民政", "civil affairs authority"),
    ("教育", "education authority"),
    ("卫生健康", "health authority"),
    ("体育", "sports authority"),
    ("农业", "agriculture authority"),
    ("国防动员", "civil defence office"),
    ("纪委", "discipline inspection body"),
    ("发展和改革", "development and reform authority"),
    ("建设和管理", "construction authority"),
    ("住房和城乡建设", "construction authority"),
    ("街道办", "sub-district office"),
    ("镇人民政府", "town government"),
    ("物业", "property management"),
)


def body_in_english(name: str | None) -> str:
    """An office as it is told in English: its Chinese name, which is what stands on its door, and what it is.

    Of an unknown kind, or without a name, “the department in charge”.
    """
    if not name:
        return "the department in charge"
    if name.isascii():
        return name
    kind = next((kind for word, kind in _KINDS if word in name), None)
    return f"{name} ({kind})" if kind else f"the department in charge ({name})"
