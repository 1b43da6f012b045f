"""The sheets of the desk and the interface: no action without a sheet, no field that its body does not have."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from intake_api.domain.action import Action
from intake_api.http import actions_schemas as bodies
from intake_api.http.actions import OFFERS
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite

pytestmark = [pytest.mark.browser, only_sqlite]

BODIES = {offer.action: offer.body for offer in OFFERS} | {
    Action.MERGE: bodies.MergeBody, Action.URGE: bodies.ReasonBody, Action.FOLLOW: bodies.FollowBody,
}  # fmt: skip
TAKEN = set("jkcrJKCNVATw/?.0123456789")
"""Keys that mean something else."""


async def table(browser: Browser, intake: Intake) -> tuple[Json, Json]:
    page = await browser.new_page()
    await page.goto(str(intake.client.make_url("/desk")))
    actions = await page.evaluate(
        "import('/assets/pages/desk/action_table.js').then(({ ACTIONS }) => JSON.parse(JSON.stringify(ACTIONS)))"
    )
    labels = await page.evaluate("import('/assets/pages/desk/labels.js').then((module) => module.ACTION_LABELS)")
    return actions, labels


async def test_every_action_has_a_sheet_with_fields_of_its_body(browser: Browser, intake: Intake) -> None:
    actions, labels = await table(browser, intake)
    assert set(actions) == set(labels) == {action.value for action in Action}
    for action, body in BODIES.items():
        fields = {field["name"] for field in actions[action.value]["fields"]}
        assert fields <= set(body.model_fields), action
        needed = {name for name, field in body.model_fields.items() if field.is_required()}
        assert needed <= fields, action


async def test_every_action_has_a_key_of_its_own(browser: Browser, intake: Intake) -> None:
    actions, _ = await table(browser, intake)
    keys = [action["key"] for action in actions.values()]
    assert len(keys) == len(set(keys))
    assert not TAKEN & set(keys)
