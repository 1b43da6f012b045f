"""What goes in and out of the knowledge base."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from intake_api.domain import knowledge as rules
from intake_api.domain.knowledge import ArticleState, Content, Validity
from intake_api.domain.relevance import Fit
from intake_api.http.schemas import ActorView, Body, Day, DepartmentRef, OptionalText, Text, View

LONGEST_ASKED = 500


class ArticleQuery(Body):
    """Which articles are wanted; all conditions hold together."""

    state: ArticleState | Literal["waiting", ""] = ""
    """``waiting``: drafts, and articles in force with a newer version that is not published yet."""
    department: OptionalText = Field("", max_length=60)
    valid: Validity | Literal[""] = ""
    """Whether they hold today: ``now``, ``expiring`` (within 30 days), ``coming``, ``over``."""
    q: OptionalText = Field("", max_length=100)
    """Words in title, questions or answer; all of them."""
    cursor: OptionalText = Field("", max_length=40)
    limit: int = Field(50, ge=1, le=200)


class ArticleBody(Body):
    """What an article says."""

    title: Text = Field(max_length=rules.LONGEST_TITLE)
    """The question as most people would put it."""
    questions: list[Text] = Field(default_factory=list, max_length=rules.MOST_QUESTIONS)
    """Other ways of asking it."""
    answer: Text = Field(max_length=rules.LONGEST_ANSWER)
    source: Text = Field(max_length=rules.LONGEST_SOURCE)
    """The law, rule or notice that it rests on."""
    department_id: Text = Field(max_length=60)
    """The department that keeps it."""
    valid_from: Day | None = None
    valid_to: Day | None = None
    """The last day on which it holds."""

    def content(self) -> Content:
        """As the rules know it."""
        return Content(
            title=self.title,
            questions=tuple(dict.fromkeys(question for question in self.questions if question)),
            answer=self.answer,
            source=self.source,
            department_id=self.department_id,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class ArticleChangeBody(ArticleBody):
    """An article anew."""

    version: int = Field(ge=1)
    """The version that was changed; another one in between is refused."""
    reason: OptionalText = Field("", max_length=500)


class VersionBody(Body):
    """The version that is meant."""

    version: int = Field(ge=1)


class WithdrawBody(VersionBody):
    """Why an article is taken back."""

    reason: Text = Field(min_length=2, max_length=500)


class ArticleSummary(View):
    """An article in a list."""

    id: int
    key: str
    """By which files know it."""
    title: str
    state: ArticleState
    state_label: str
    version: int
    published_version: int | None
    """The version by which residents are answered; None: none."""
    validity: Validity
    valid_from: date | None
    valid_to: date | None
    department: DepartmentRef
    changed_at: AwareDatetime
    changed_by: str


class ArticleView(ArticleSummary):
    """An article in its newest version."""

    questions: list[str]
    answer: str
    source: str
    may_change: bool
    may_publish: bool


class ArticleCounts(View):
    """How many articles there are of each kind. ``expiring``, ``over`` and ``waiting`` are among those in force."""

    draft: int
    in_force: int
    withdrawn: int
    expiring: int
    over: int
    waiting: int


class ArticlePage(View):
    """Articles, newest first."""

    items: list[ArticleSummary]
    next: str | None
    counts: ArticleCounts


class ArticleChangeView(View):
    """What became of an article, and what it says since."""

    id: int
    at: AwareDatetime
    by: ActorView
    kind: Literal["created", "changed", "published", "withdrawn", "imported"]
    kind_label: str
    version: int
    title: str
    questions: list[str]
    answer: str
    source: str
    department: DepartmentRef
    valid_from: date | None
    valid_to: date | None
    reason: str


class ArticleChangePage(View):
    """Changes of an article, newest first."""

    items: list[ArticleChangeView]
    next: str | None


class HistoryQuery(Body):
    """A page of the history."""

    cursor: OptionalText = Field("", max_length=40)
    limit: int = Field(30, ge=1, le=200)


class SearchQuery(Body):
    """A question in the resident's words."""

    q: Text = Field(min_length=1, max_length=LONGEST_ASKED)
    limit: int = Field(3, ge=1, le=30)


class FoundView(View):
    """A published article that holds today, and how well it answers."""

    id: int
    key: str
    title: str
    questions: list[str]
    """Other ways in which the question is put."""
    answer: str
    source: str
    department: DepartmentRef
    valid_from: date | None
    valid_to: date | None
    published_at: AwareDatetime
    score: float
    """0 to 100."""
    fit: Fit
    """``answer``: good enough to be given; ``suggestion``: to be offered; ``none``: not to be spoken of."""
    words: str
    """What the score is made of."""


class SearchView(View):
    """What was found, best first."""

    items: list[FoundView]


class ArticleImportQuery(Body):
    """How a file is taken in."""

    name: Text = Field("articles.md", max_length=200)
    """The file's name: its ending tells what it is, ``.csv`` or Markdown."""
    dry_run: bool = False
    """Only show what would change."""
    publish: bool = False
    """Put the articles in force at once."""


class ArticleImportView(View):
    """What a file changes, or changed: keys of articles."""

    applied: bool
    added: list[str]
    changed: list[str]
    same: list[str]
    published: list[str]


class OpenQuestionBody(Body):
    """A question that found no answer, or one that did not help."""

    text: Text = Field(min_length=1, max_length=LONGEST_ASKED)
    """In the resident's words; names and numbers are taken out before it is kept."""
    article_id: int | None = Field(None, ge=1, lt=2**62)
    """The article that did not help."""


class OpenQuestionQuery(Body):
    """Which questions are wanted."""

    settled: bool = False
    cursor: OptionalText = Field("", max_length=40)
    limit: int = Field(50, ge=1, le=200)


class NearestView(View):
    """The article that came nearest to a question."""

    id: int
    title: str


class OpenQuestionView(View):
    """A question without an answer. The same words are one, however often they were asked."""

    id: int
    text: str
    times: int
    first_at: AwareDatetime
    last_at: AwareDatetime
    article: NearestView | None
    """The article that did not help."""
    settled_at: AwareDatetime | None
    settled_by: str
    settled_how: Literal["written", "not_ours", ""]


class OpenQuestionPage(View):
    """Questions, those asked first last."""

    items: list[OpenQuestionView]
    next: str | None


class SettleBody(Body):
    """How a question was seen to."""

    how: Literal["written", "not_ours"]
    """``written``: an article answers it now; ``not_ours``: none is to be written."""
