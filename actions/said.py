"""What is said back: names of responses of the domain with their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actions.english_titles import title

if TYPE_CHECKING:  # the dialogue is tried on a Python without Rasa too
    from rasa_sdk.executor import CollectingDispatcher

Said = tuple[str, dict[str, Any]]
"""A response's name and its values; ``buttons`` and ``json_message`` (a card) among them go beside the text."""


def utter(dispatcher: CollectingDispatcher, english: bool, name: str, **values: Any) -> None:
    """Say a response of the domain; to who writes English its ``_en`` form (``bot/domain/english.yml``)."""
    if english:
        name = f"{name}_en"
        if values.get("buttons"):
            values["buttons"] = [{**each, "title": title(each["title"])} for each in values["buttons"]]
    dispatcher.utter_message(response=name, **values)


def button(title: str, what: str, value: str) -> dict[str, str]:
    """A quick reply by which one of several is chosen."""
    return {"title": title, "payload": f'/choose{{"what":"{what}","value":"{value}"}}'}
