"""Places as people write them, made from a grammar: so that the place model knows forms, not names.

The names are put together from syllables that such names are made of; what is learnt is where a place begins and ends
in a sentence of any city, loaded or not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_SYLLABLES = (
    "安保北滨博彩草昌长朝晨城春翠大德定东方丰凤福富港高古冠光广桂国海翰航和河荷恒红虹鸿湖花华环汇嘉建江金锦景静"
    "九巨凯康科昆兰蓝丽莲林龙陆绿罗梅美民名明牡南宁农盘平浦七麒前青清庆泉仁荣瑞三沙山上尚少申盛石世书双水顺松泰"
    "棠桃天桐铜万王望文吴五西溪仙香祥向新星兴雄秀旭学雅盐阳杨洋瑶伊宜银迎永优友雨玉御园源远月悦云泽章樟昭镇正中"
    "州朱珠竹庄紫"
)
_ROADS = (
    "路",
    "路",
    "路",
    "路",
    "街",
    "大道",
    "大街",
    "巷",
    "公路",
    "东路",
    "西路",
    "南路",
    "北路",
    "中路",
    "二路",
    "支路",
    "胡同",
    "道",
    "环线",
    "快速路",
)
_ESTATES = (
    "小区",
    "花园",
    "苑",
    "家园",
    "新村",
    "公寓",
    "花苑",
    "佳苑",
    "名邸",
    "国际",
    "公馆",
    "府",
    "城",
    "世家",
    "雅苑",
    "豪庭",
    "山庄",
    "湾",
    "里",
    "时代",
    "一号院",
    "别墅区",
    "安置小区",
    "家属院",
    "宿舍",
    "广场",
    "天地",
    "中心",
    "名都",
    "香颂",
    "印象",
    "半岛",
    "华府",
    "御园",
    "名苑",
)
_BRANDS = (
    "万科",
    "保利",
    "中海",
    "恒大",
    "绿地",
    "碧桂园",
    "龙湖",
    "融创",
    "金地",
    "华润",
    "中建",
    "阳光城",
    "世茂",
    "富力",
    "新城",
    "招商",
    "鑫都",
)
_POIS = (
    "小学",
    "中学",
    "一中",
    "实验学校",
    "幼儿园",
    "人民医院",
    "中医院",
    "卫生院",
    "社区卫生服务中心",
    "菜市场",
    "农贸市场",
    "批发市场",
    "超市",
    "购物中心",
    "万达广场",
    "公园",
    "体育馆",
    "图书馆",
    "汽车站",
    "火车站",
    "高铁站",
    "地铁站",
    "派出所",
    "政务中心",
    "工业园",
    "产业园",
    "物流园",
    "加油站",
    "大桥",
    "立交桥",
    "水库",
    "砖厂",
    "化工厂",
    "养殖场",
    "停车场",
    "酒店",
    "宾馆",
    "驾校",
    "大厦",
    "写字楼",
    "商业街",
    "步行街",
    "美食城",
    "步行天桥",
    "收费站",
    "村委会",
    "居委会",
    "安置区",
    "工地",
    "楼盘",
    "项目部",
    "职业学院",
    "师范大学",
    "银行",
    "KTV",
    "足浴店",
)
_RELATIONS = (
    "附近",
    "旁边",
    "对面",
    "门口",
    "旁",
    "后面",
    "门前",
    "楼下",
    "里面",
    "路口",
    "周边",
    "南门",
    "北门",
    "西门",
    "东门",
    "东侧",
    "西侧",
    "北侧",
    "南侧",
    "斜对面",
    "背后",
    "入口",
    "出口",
    "大门口",
    "外面",
    "一带",
    "边上",
    "隔壁",
    "地下车库",
    "正门",
    "后门",
    "前面",
    "内",
)
_CITIES = (
    "武汉市",
    "长沙",
    "成都市",
    "郑州市",
    "济南",
    "合肥",
    "南昌市",
    "西安",
    "昆明市",
    "贵阳",
    "沈阳市",
    "无锡",
    "苏州市",
    "宁波",
    "温州市",
    "佛山",
    "东莞",
    "洛阳市",
    "襄阳",
    "绵阳市",
    "衡阳",
    "株洲市",
    "上海市",
    "杭州",
    "青岛市",
    "大连",
    "哈尔滨市",
    "兰州",
    "南宁市",
    "福州",
)
_BESIDE = ("旁边", "对面", "门口", "附近", "后面", "西侧", "楼下", "院内", "边上", "隔壁", "北门", "斜对面")
_BETWEEN = (
    "之间",
    "的交汇处",
    "之间的路段",
    "门前的路口",
    "中间的小路",
    "两个小区之间",
    "路段",
    "的正中间",
    "这一段",
    "交界的地方",
)
_SHOPS = (
    "网吧",
    "烧烤店",
    "夜市",
    "民宿",
    "酒吧",
    "超市",
    "茶楼",
    "火锅城",
    "培训学校",
    "药店",
    "驿站",
    "歌厅",
    "早餐店",
    "",
)
_PARTS = (
    "地下车库",
    "地下室",
    "楼顶",
    "东门出入口",
    "电梯口",
    "外墙",
    "架空层",
    "临街门面",
    "二楼平台",
    "物业用房",
    "南头",
    "前坪",
    "后面的空地",
    "门口的马路",
)
_LAYERS = ("一期", "二期", "三期", "A区", "B区", "东区", "西区", "南区", "北区", "一区", "四组团")


@dataclass
class PlaceGrammar:
    """A source of made-up places. ``known`` are names of the loaded city, mixed in as they are."""

    random: random.Random
    known: list[str] = field(default_factory=list)

    def place(self) -> str:
        """One place phrase, with its district before and its relation behind as people write them."""
        body = self.random.choices(
            (
                self._road,
                self._address,
                self._crossing,
                self._section,
                self._estate,
                self._poi,
                self._village,
                self._pole,
                self._metro,
                self._highway,
                self._town_and,
                self._known,
                self._beside,
                self._between,
                self._quoted,
                self._part,
                self._lettered,
            ),
            (8, 16, 6, 5, 26, 18, 10, 2, 3, 2, 6, 8, 2, 2, 2, 1, 3),
        )[0]()
        if self.random.random() < 0.45:
            body = self._district() + body
        if self.random.random() < 0.38:
            body += self.random.choice(_RELATIONS)
        return body

    def _name(self, low: int = 1, high: int = 3) -> str:
        length = self.random.choices((1, 2, 3), (1, 8, 2))[0]
        return "".join(self.random.choices(_SYLLABLES, k=max(low, min(high, length))))

    def _letters(self) -> str:
        letter = self.random.choice("ABCDEFGHIJKLM")
        number = self.random.choice(("", str(self.random.randint(1, 16))))
        return letter + number + self.random.choice("区县市")

    def _district(self) -> str:
        kind = self.random.random()
        if kind < 0.5:
            return (
                self.random.choice(("A市", "B市", "C市", "")) if self.random.random() < 0.3 else ""
            ) + self._letters()
        if kind < 0.7:
            return self.random.choice(_CITIES) + (self._name(2) + "区" if self.random.random() < 0.5 else "")
        return self._name(2) + self.random.choice(("区", "县", "镇", "街道", "乡", "开发区", "新区", "市"))

    def bare_district(self) -> str:
        """A city, district or county alone, which is no place yet: A市, B5区, 长沙, 我们C3县."""
        kind = self.random.random()
        if kind < 0.6:
            return self._letters()
        if kind < 0.8:
            return self.random.choice(_CITIES)
        return self._name(2) + self.random.choice(("区", "县", "市"))

    def _road(self) -> str:
        return self._name(2) + self.random.choice(_ROADS)

    def _number(self) -> str:
        return str(self.random.choice((self.random.randint(1, 99), self.random.randint(100, 9999))))

    def _address(self) -> str:
        place = self._road() + self._number() + self.random.choice(("号", "号", "弄", "弄", "号院", "巷"))
        if self.random.random() < 0.35:
            place += self._estate()
        if self.random.random() < 0.35:
            place += self._building()
        return place

    def _building(self) -> str:
        building = str(self.random.randint(1, 60)) + self.random.choice(("号楼", "栋", "幢", "号", "座", "号楼"))
        if self.random.random() < 0.35:
            building += self.random.choice(
                ("一单元", "二单元", "3单元", str(self.random.randint(1, 32)) + "楼", "402", "1203室")
            )
        return building

    def _crossing(self) -> str:
        return (
            self._road()
            + self.random.choice(("与", "和", "跟", "", "、", "到"))
            + self._road()
            + self.random.choice(("路口", "交叉口", "交汇处", "十字路口", "口", "交界处", "红绿灯", "丁字路口", ""))
        )

    def _section(self) -> str:
        end = self.random.choice((self._road, self._estate, self._poi))
        other = self.random.choice((self._road, self._estate, self._poi))
        return (
            self._road()
            + self.random.choice(("", "从", "（"))
            + end()
            + self.random.choice(("到", "至", "-", "与"))
            + other()
            + self.random.choice(("段", "路段", "那一段", "之间", "这段", "沿线"))
        )

    def _estate(self) -> str:
        name = self.random.choice(_BRANDS) + self._name() if self.random.random() < 0.3 else self._name(2)
        estate = name + self.random.choice(_ESTATES)
        if self.random.random() < 0.15:
            estate += "小区"
        if self.random.random() < 0.2:
            estate += self.random.choice(_LAYERS)
        if self.random.random() < 0.25:
            estate += self._building()
        return estate

    def _poi(self) -> str:
        head = self._road() if self.random.random() < 0.2 else ""
        return head + self._name(2) + self.random.choice(_POIS)

    def _village(self) -> str:
        village = (
            (self._name(2) + self.random.choice(("镇", "乡", "街道")) if self.random.random() < 0.6 else "")
            + self._name(2)
            + "村"
        )
        if self.random.random() < 0.5:
            village += self.random.choice(
                ("三组", "五组", "12组", "一队", "小学", "村口", "2社", "老屋组", "委会", "卫生室")
            )
        return village

    def _pole(self) -> str:
        return (
            self.random.choice(("", "灯杆", "路灯杆", "电线杆"))
            + "".join(self.random.choices("ABDHMLXYZ", k=2))
            + str(self.random.randint(100, 9999))
            + "-"
            + str(self.random.randint(1, 99))
        )

    def _metro(self) -> str:
        return (
            self.random.choice(("", "地铁", "轨交"))
            + self.random.choice((str(self.random.randint(1, 18)) + "号线", ""))
            + self._name(2)
            + "站"
            + self.random.choice(("", str(self.random.randint(1, 8)) + "号口", "A口", "C出口"))
        )

    def _highway(self) -> str:
        return (
            self.random.choice(("G60", "S32", "G4", self._name(2)))
            + "高速"
            + self.random.choice(
                (
                    "K" + str(self.random.randint(1, 900)) + "处",
                    str(self.random.randint(1, 90)) + "公里处",
                    "出口",
                    "入口匝道",
                    "桥下",
                )
            )
        )

    def _town_and(self) -> str:
        return (
            self._name(2)
            + self.random.choice(("镇", "街道", "社区", "乡"))
            + self.random.choice((self._estate, self._poi, self._road))()
        )

    def _any(self) -> str:
        return self.random.choice((self._road, self._estate, self._poi, self._village, self._quoted))()

    def _beside(self) -> str:
        """One place found by another: 银杏苑旁边的和平路."""
        return self._any() + self.random.choice(_BESIDE) + self.random.choice(("的", "的", "")) + self._any()

    def _between(self) -> str:
        """A place that several others give together: 金桂苑、育才小学门前的路口."""
        between = self.random.choice(("和", "与", "、", "跟", "到", "至"))
        return self._any() + between + self._any() + self.random.choice(_BETWEEN)

    def _quoted(self) -> str:
        """A shop or a building by its name in quotation marks, or by a name that says nothing of its kind."""
        name = self._name(2) + self.random.choice(_SHOPS)
        if self.random.random() < 0.6:
            opening, closing = self.random.choice(("“”", "“”", '""', "《》", "''"))
            name = opening + name + closing
        return self.random.choice(("", "", self._road(), self._estate())) + name

    def _part(self) -> str:
        """A part of an estate that the writer takes as known: 小区12栋的地下车库, 3栋和5栋之间."""
        number = str(self.random.randint(1, 40))
        return self.random.choice(
            (
                "小区" + number + self.random.choice(("栋", "号楼", "幢")) + self.random.choice(_PARTS),
                number
                + "栋"
                + self.random.choice("和与、")
                + self._building()
                + self.random.choice(("之间", "外墙", "")),
                self._estate() + self.random.choice(("的", "")) + self.random.choice(_PARTS),
            )
        )

    def _lettered(self) -> str:
        """Names in which a letter stands for the name of a city or district: A3区大道, B市学院三食堂, 枫林K9县."""
        letters = self._letters()
        return self.random.choice(
            (
                letters
                + self.random.choice(("大道", "山", "湖", "大学", "公园", "广场", "学院", "大桥", "一中", "二桥")),
                self._name(2) + letters,
                letters + self._letters() + self.random.choice(("路", "街", "坪", "桥", "大道")),
                letters
                + self.random.choice(("县", "市", "区"))
                + self._name(2)
                + self.random.choice(("镇", "乡", "村")),
                letters + self.random.choice(("火车站", "汽车西站", "人民医院", "县妇幼保健院", "高铁站", "体育中心")),
            )
        ) + self.random.choice(("", "", "东侧", "路口", "上", "大门口", "三楼", "辅道"))

    def _known(self) -> str:
        return self.random.choice(self.known) if self.known else self._estate()
