"""The audit trail: what staff did, row after row, each sealed with the hash of the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intake_api.domain.action import Action
from intake_api.domain.event import Actor, canonical_json

KEPT = timedelta(days=180)
"""How long a row is kept at least (等保三级). We delete none at all: a trigger refuses."""

ACTIONS: dict[str, str] = {
    "log_in": "登录",
    "log_out": "退出",
    "refused": "越权被拒",
    "found_administrator": "设立管理员",
    "add_staff": "开设账号",
    "invite_staff": "发一次性链接",
    "disable_staff": "停用账号",
    "enable_staff": "启用账号",
    "assign_roles": "授予角色",
    "unlock_staff": "解除锁定",
    "require_password": "要求改密码",
    "void_password": "作废密码",
    "end_sessions": "结束他人会话",
    "reset_second_factor": "重置双因素",
    "set_password": "设置密码",
    "change_password": "修改密码",
    "enrol_second_factor": "启用双因素",
    "remove_second_factor": "停用双因素",
    "renew_recovery_codes": "换恢复码",
    "use_recovery_code": "用恢复码登录",
    "end_own_session": "结束自己的会话",
    "issue_token": "签发令牌",
    "revoke_token": "撤销令牌",
    "hang_screen": "挂大屏",
    "take_screen_down": "撤下大屏",
    "read_audit": "查看审计",
    "export_audit": "导出审计",
    "read_case": "查看案件",
    "reveal_reporter": "查看反映人信息",
    "look_up_caller": "查来电人的案件",
    "file_case": "登记案件",
    "correct_case": "更正案件",
    "upload_attachment": "上传附件",
    "call_resident": "电话告知",
    "hear_recording": "听取通话录音",
    "accept_example": "采用学习样本",
    "reject_example": "不采用学习样本",
    "export_examples": "导出学习样本",
    "load_city": "载入城市数据",
    "add_webhook": "增加事件订阅",
    "change_webhook": "更改事件订阅",
    "remove_webhook": "删除事件订阅",
    "rotate_webhook_secret": "更换订阅密钥",
    "replay_webhook": "补发事件",
    "erase_personal": "删除个人信息",
    "retain_personal": "到期清理个人信息",
    "export_personal": "导出个人信息",
    "claim_case": "领办案件",
    "claim_next": "领办下一件",
    "release_claim": "放回案件",
    "save_view": "保存视图",
    "change_view": "更改视图",
    "remove_view": "删除视图",
    "export_figures": "导出指标",
    "release_text": "公开说明",
    "unrelease_text": "撤下公开说明",
    "console_read": "查看人工对话",
    "console_reveal": "查看对话中的个人信息",
    "console_take": "接手对话",
    "console_reply": "回复居民",
    "console_note": "写内部备注",
    "console_give_back": "交回智能助手",
    "console_close": "结束人工服务",
    "console_hand_on": "转交对话",
    "console_call_back": "登记回电",
    "console_file": "由对话登记案件",
    "console_state": "就绪或小休",
    "console_words": "更改常用语",
    "console_review": "复核通话",
    "console_export": "导出通话质量",
    "take_call": "接听电话",
    "correct_call": "更正通话文字",
    "finish_call": "话后完成",
    "add_responsibility": "增加职责规则",
    "end_responsibility": "终止职责规则",
    "import_responsibility": "导入职责表",
    "add_article": "新增知识",
    "change_article": "修改知识",
    "publish_article": "发布知识",
    "withdraw_article": "撤下知识",
    "import_articles": "导入知识",
    "note_question": "记下没有答案的问题",
    "settle_question": "处理没有答案的问题",
    **{f"case_{action.value}": action.label for action in Action},
}
"""What rows tell, in Chinese for people."""

RESULTS = {"ok": "成功", "failed": "未成功", "refused": "被拒", "code_required": "待验证码"}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, with which result, from where. ``target`` holds nothing personal."""

    at: datetime
    actor: Actor
    action: str
    target: str
    result: str
    address: str


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry in its place: ``seq`` counts from 1 without gaps."""

    entry: AuditEntry
    seq: int
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is broken, and what is to be seen there, in Chinese."""

    seq: int
    words: str


def entry_hash(seq: int, prev_hash: str, entry: AuditEntry) -> str:
    """SHA-256 over everything the entry says, its place, and the hash before it."""
    content = {
        "seq": seq,
        "prev_hash": prev_hash,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": {"kind": entry.actor.kind.value, "id": entry.actor.id, "name": entry.actor.name},
        "action": entry.action,
        "target": entry.target,
        "result": entry.result,
        "address": entry.address,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def first_break(entries: Iterable[SealedEntry], seq: int, prev_hash: str) -> Break | None:
    """The first place behind ``seq`` and ``prev_hash`` where entries were changed, taken out or put in."""
    for sealed in entries:
        seq += 1
        if sealed.seq > seq:
            return Break(seq, "缺少这一行（被删除）")
        if sealed.seq < seq:
            return Break(sealed.seq, "多出一行（序号重复或不从 1 开始）")
        if sealed.hash != entry_hash(sealed.seq, sealed.prev_hash, sealed.entry):
            return Break(seq, "内容与封印不符（被改动）")
        if sealed.prev_hash != prev_hash:
            return Break(seq, "与前一行接不上（这里或之前有行被删除、插入或整段改写）")
        prev_hash = sealed.hash
    return None


def cell(text: str) -> str:
    """Text as a cell of a table that a spreadsheet opens: never taken for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text
