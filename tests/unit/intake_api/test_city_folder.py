"""A city folder is checked as a whole: every fault with its file and line."""

from __future__ import annotations

import shutil
from datetime import time
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from intake_api.domain.calendar import OfficeHours
from intake_api.domain.city import City
from intake_api.domain.city_folder import BadCity, read_city
from intake_api.domain.policy import FastTrack, Figure, Policy, QuietHours, Retention
from intake_api.domain.taxonomy import Limit, Taxonomy, Unit
from tests.unit.intake_api.conftest import QINGHE

POLICY = """
[policy]
accept_minutes = 10
staffed_hours = ["07:00", "22:00"]
quiet_hours = ["20:30", "08:30"]
hazards = ["14*", "0103"]
rating_reopens = ["非常不满意"]

[fast_track]
categories = ["1101", "1201"]
limit = 2
unit = "calendar_hour"

[supervision]
second_hours = 12
order_levels = [1, 2, 4]

[retention]
personal_days = 365

[scorecard]
on_time = 60
solved = 40
"""
"""A policy with numbers of its own; appended, its first section begins in line 30."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(QINGHE, tmp_path / "city"))


def faults(folder: Path, taxonomy: Taxonomy) -> list[str]:
    with pytest.raises(BadCity) as caught:
        read_city(folder, taxonomy)
    return [str(fault) for fault in caught.value.faults]


def test_a_sound_folder_becomes_a_city(city: City) -> None:
    assert (city.name, city.hotline, len(city.towns), len(city.places)) == ("青禾区", "12345", 2, 7)
    assert city.calendar.hours.seconds() == 7.5 * 3600


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("places.csv", "南塘村,village", "南塘村,hamlet", "places.csv:8: 不认识的 kind：hamlet"),
        ("places.csv", "31.0050,121.0350", "121.0350,31.0050", "places.csv:8: 坐标超出范围，经纬度可能写反了"),
        ("places.csv", "31.0050,", "35.0050,", "places.csv:8: 南塘村 的坐标离辖区太远"),
        (
            "places.csv",
            "121.0105,990101001",
            "121.0105,990101009",
            "places.csv:3: town 990101009 不在 towns.geojson 里",
        ),
        ("places.csv", "lng,town", "lon,town", "places.csv:1: 缺少列：lng"),
        ("poles.csv", "QH0712-09", "QH0712-08", "poles.csv:3: pole_no QH0712-08 重复"),
        ("departments.csv", "greening,青禾", "lamps,青禾", "departments.csv:5: id lamps 重复"),
        ("responsibility.csv", "0103,*", "0199,*", "responsibility.csv:2: 分类目录里没有 0199"),
        ("responsibility.csv", "11*", "77*", "responsibility.csv:3: 没有以 77 开头的分类"),
        ("responsibility.csv", "法定,,", "约定,,", "responsibility.csv:2: basis 只能是 法定、商定、指定：约定"),
        ("responsibility.csv", "drainage", "sewers", "responsibility.csv:2: 部门 sewers 不在 departments.csv 里"),
        ("calendar.csv", "2026-10-02", "2026-10-32", "calendar.csv:5: date 不是日期"),
        ("calendar.csv", "2026-10-02,holiday", "2026-10-02,off", "calendar.csv:5: kind 只能是 holiday 或 workday：off"),
        (
            "towns.geojson",
            '"department": "hedong"',
            '"department": "x"',
            "towns.geojson:4: 禾东镇 的 department x 不在",
        ),
        ("roads.geojson", '"name": "望潮路"', '"name": "柳溪路"', "roads.geojson:4: 柳溪路 出现了 2 次"),
        ("roads.geojson", '"aliases": []}', '"aliases": []', "roads.geojson:6: 不是合法的 JSON"),
        ("city.toml", 'start = "09:00"', 'start = "九点"', "city.toml:14: office_hours.start 不是时刻"),
        ("city.toml", "confidence = 0.5", "confidence = 5", "city.toml:20: auto_file.confidence 应在 0 和 1 之间"),
        ("city.toml", '"district"', '"nobody"', "city.toml:28: district_department nobody 不在 departments.csv 里"),
        ("city.toml", 'name = "青禾区"', "", "city.toml: 缺少 name"),
        (
            "city.toml",
            "[fallback]",
            "[public]\nhidden_words = [1]\n[fallback]",
            "city.toml:28: public.hidden_words",
        ),
        ("city.toml", "zoom = 13", "zoom = ", "city.toml:25: 不是合法的 TOML"),
        ("city.toml", "accept_minutes = 10", "accept_minutes = 0", "city.toml:31: policy.accept_minutes 应在 1 和"),
        ("city.toml", "accept_minutes = 10", "accept_minute = 10", "city.toml:31: 不认识的项：policy.accept_minute"),
        ("city.toml", "accept_minutes = 10", 'accept_minutes = "十"', "city.toml:31: policy.accept_minutes 的类型不对"),
        ("city.toml", '"07:00", "22:00"', '"07:00"', "city.toml:32: policy.staffed_hours 应写开始和结束两个时刻"),
        ("city.toml", '"07:00", "22:00"', '"22:00", "07:00"', "city.toml:32: policy.staffed_hours 的结束必须晚于开始"),
        ("city.toml", '"20:30"', '"晚上"', "city.toml:33: policy.quiet_hours 不是时刻"),
        ("city.toml", '"14*", "0103"', '"77*"', "city.toml:34: policy.hazards：没有以 77 开头的分类"),
        ("city.toml", '"1101", "1201"', '"0199"', "city.toml:38: fast_track.categories：分类目录里没有 0199"),
        ("city.toml", '"calendar_hour"', '"hour"', "city.toml:40: fast_track.unit 只能是 calendar_hour、"),
        ("city.toml", "second_hours = 12", "second_hours = 72", "city.toml:43: supervision 的三道督办令要一道比一道晚"),
        ("city.toml", "[1, 2, 4]", "[1, 4, 2]", "city.toml:44: supervision.order_levels 应为由低到高的三个级别"),
        ("city.toml", "personal_days = 365", "personal_days = -1", "city.toml:47: retention.personal_days 应在 1 和"),
        ("city.toml", "solved = 40", "solved = 50", "city.toml:49: scorecard 各项权重之和应为 100，现在是 110"),
        ("conditions.csv", "0103,sunken", "0199,sunken", "conditions.csv:5: 分类目录里没有 0199"),
        ("conditions.csv", "010*,noisy", "010*,missing", "conditions.csv:3: 010* 的 id missing 重复"),
        ("conditions.csv", ",2,calendar_hour", ",0,calendar_hour", "conditions.csv:2: limit 应为正整数：0"),
        ("conditions.csv", "working_day,,路面平整,下沉\n", "week,,路面平整,下沉\n", "conditions.csv:5: unit 只能是"),
        (
            "conditions.csv",
            "emergency",
            "fatal",
            "conditions.csv:2: urgency 只能是 normal、urgent、emergency，或者空着",
        ),
    ],
)
def test_a_fault_is_named_with_file_and_line(
    folder: Path, taxonomy: Taxonomy, file: str, old: str, new: str, fault: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8") + (POLICY if file == "city.toml" else "")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert any(found.startswith(fault) for found in faults(folder, taxonomy))


def test_the_policy_of_a_city_is_read_and_what_it_does_not_say_is_the_default(folder: Path, taxonomy: Taxonomy) -> None:
    with (folder / "city.toml").open("a", encoding="utf-8") as frame:
        frame.write(POLICY)
    policy = read_city(folder, taxonomy).policy
    assert (policy.accept_minutes, policy.dispatch_minutes) == (10, 15)
    assert policy.staffed == OfficeHours(time(7), time(22))
    assert policy.quiet_hours == QuietHours(time(20, 30), time(8, 30))
    assert policy.hazards == ("14*", "0103")
    assert policy.rating_reopens == ("非常不满意",)
    assert policy.fast_track == FastTrack(("1101", "1201"), Limit(2, Unit.CALENDAR_HOUR))
    assert (policy.supervision.second_hours, policy.supervision.third_hours) == (12, 48)
    assert policy.supervision.level_of_order(3).addressee == "区督办室"
    assert policy.retention == Retention(personal_days=365)
    assert policy.scorecard == {Figure.ON_TIME: 60, Figure.SOLVED: 40}


def test_a_city_without_policy_and_conditions_has_the_defaults(folder: Path, taxonomy: Taxonomy) -> None:
    (folder / "conditions.csv").unlink()
    plain = read_city(folder, taxonomy)
    assert (plain.policy, plain.conditions) == (Policy(), ())


def test_a_city_survives_being_stored(city: City) -> None:
    stored = TypeAdapter(City)
    assert stored.validate_json(stored.dump_json(city)) == city


def test_all_faults_are_named_at_once(folder: Path, taxonomy: Taxonomy) -> None:
    (folder / "poles.csv").unlink()
    places = folder / "places.csv"
    places.write_text(places.read_text(encoding="utf-8").replace(",estate,", ",house,"), encoding="utf-8")
    found = faults(folder, taxonomy)
    assert "poles.csv: 缺少这个文件" in found
    assert sum("不认识的 kind：house" in fault for fault in found) == 3


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, taxonomy: Taxonomy) -> None:
    assert "没有这个城市数据目录" in faults(tmp_path / "nowhere", taxonomy)[0]
