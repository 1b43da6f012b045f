"""A city folder is checked as a whole: every fault with its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from intake_api.domain.city import BadCity, City, read_city
from intake_api.domain.taxonomy import Taxonomy
from tests.unit.intake_api.conftest import QINGHE


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
            "city.toml:27: public.hidden_categories",
        ),
        ("city.toml", "zoom = 13", "zoom = ", "city.toml:25: 不是合法的 TOML"),
    ],
)
def test_a_fault_is_named_with_file_and_line(
    folder: Path, taxonomy: Taxonomy, file: str, old: str, new: str, fault: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert any(found.startswith(fault) for found in faults(folder, taxonomy))


def test_all_faults_are_named_at_once(folder: Path, taxonomy: Taxonomy) -> None:
    (folder / "poles.csv").unlink()
    places = folder / "places.csv"
    places.write_text(places.read_text(encoding="utf-8").replace(",estate,", ",house,"), encoding="utf-8")
    found = faults(folder, taxonomy)
    assert "poles.csv: 缺少这个文件" in found
    assert sum("不认识的 kind：house" in fault for fault in found) == 3


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, taxonomy: Taxonomy) -> None:
    assert "没有这个城市数据目录" in faults(tmp_path / "nowhere", taxonomy)[0]
