"""What the console's page sends."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Body(BaseModel):
    """Something sent to us."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Said(Body):
    """Words to the resident, or a note. ``client_id`` is made by the page, once for each: sent again, kept once."""

    client_id: ClientId
    text: Words


class Ending(Body):
    """The conversation is given back or closed."""

    note: Note = ""


class HandingOn(Body):
    """To a colleague at a console (``to``, by id); empty: back to the line."""

    to: Annotated[str, StringConstraints(max_length=60)] = ""
    note: Note = ""


class CallingBack(Body):
    """What came of a call-back."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class OwnState(Body):
    """Ready for conversations, or on a break."""

    state: Literal["ready", "break"]


class CannedWords(Body):
    """Words that are often said."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class SteppingIn(Body):
    """A conversation that nobody asked to be served."""

    conversation: Annotated[str, StringConstraints(pattern=r"^[a-z]+:[A-Za-z0-9_-]{1,100}$")]


class CaseForm(Body):
    """The case as it stands in the form. Who reports and what was said comes from the conversation.

    ``report``: members of the intake's report (category, condition, description, location, act, category_confidence);
    ``phone_in``: the message in which the resident gave the number, so that the page need not know it.
    """

    client_id: ClientId
    report: dict[str, Any]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    phone_in: int | None = Field(None, ge=0, lt=2**62)
    confidential: bool = False
