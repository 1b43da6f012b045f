"""Writes to followers what no reply to a callback could carry: what WeChat answers, in the postman's terms."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.gateway.postman import Away, LetterRefused, Manners, Postman, Unwelcome
from channels.gateway.pulse import Pulse
from channels.gateway.recipients import Waits
from channels.wechat import metrics
from channels.wechat.client import NotFollowing, Silenced, WeChat, WeChatDown, WeChatRefused
from channels.wechat.followers import CHANNEL, Followers
from channels.wechat.letters import Letter

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=48)
"""So long after a user's last contact WeChat lets an account write."""

_MANNERS = Manners(CHANNEL, recent=WINDOW, first_pause=timedelta(seconds=5))


def wechat_postman(
    followers: Followers, wechat: WeChat, pulse: Pulse, clock: Callable[[], datetime]
) -> Postman[Letter]:
    """The postman of the account. What WeChat does not let through is said when the user turns to us again."""

    async def send(open_id: str, letter: Letter) -> None:
        try:
            await wechat.send_text(open_id, letter.text)
        except Silenced as error:
            raise Unwelcome("silenced", Waits.CONTACT) from error
        except NotFollowing as error:
            raise Unwelcome("not_following", Waits.SUBSCRIPTION) from error
        except WeChatRefused as error:
            log.error("WeChat refuses a message", extra={"errcode": error.code})
            raise LetterRefused from error
        except WeChatDown as error:
            log.warning("WeChat cannot be reached", extra={"reason": str(error)})
            raise Away("down") from error

    return Postman(followers, send, _MANNERS, letters=metrics.LETTERS, pulse=pulse, clock=clock)
