// All conversations that concern operators: those in danger, those that wait, one's own, others', call-backs.

import { h } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { button, emptyPlace } from '../desk/controls.js'
import { ago } from '../desk/clock.js'
import { session } from '../desk/session.js'
import { channelOf, isCall, outcomeLabel, reasonLabel } from './kinds.js'
import { board, mine, open, openItem, second } from './wire.js'

/** `1:05`, `12:40`, `3 小时`. */
export function waited(since) {
  const passed = Math.max(0, second.value - Date.parse(since))
  const seconds = Math.floor(passed / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} 小时` : `${Math.floor(seconds / 86_400)} 天`
}

/** How a wait stands against its target: ok, soon or late. */
export function waitTone({ asked_at, due_at }) {
  if (!due_at) return ''
  const left = Date.parse(due_at) - second.value
  return left <= 0 ? 'late' : left * 3 <= Date.parse(due_at) - Date.parse(asked_at) ? 'soon' : 'ok'
}

/** Whether somebody is to take it: it waits, or a colleague offers it. */
export const takeable = (each) => each.state === 'waiting' || (each.call?.state === 'transferred' && !mine(each))

/** Whether it is for anybody: a call that the exchange gave a colleague, or that is offered to one, is theirs. */
export const forAnybody = (each) =>
  takeable(each) && (!isCall(each.id) || each.call.state === 'ringing' || (each.call.state !== 'transferred' && !each.staff_name) || forMe(each))
/** Whether the exchange, or a colleague, has given it to whoever sits here. */
export const forMe = (each) => isCall(each.id) && takeable(each) && session.staff.name === (each.call.transfer_to || each.staff_name)

const GROUPS = [
  { name: '等待接手', holds: takeable },
  { name: '我的', holds: mine },
  { name: '待回电', holds: ({ state }) => state === 'callback' },
  { name: '同事的', holds: (each) => each.state === 'held' && !mine(each) && !takeable(each) },
  { name: '刚结束', holds: ({ state }) => state === 'ended' },
]

/** The items in the order of the list. */
export const inOrder = () => GROUPS.flatMap(({ holds }) => board.items.filter(holds))
export const waiting = () => board.items.filter(takeable)
/** What is to be taken next: one's own first, then who waits longest. */
export const next = () => board.items.find(forMe) ?? board.items.find(forAnybody)

function row(each) {
  const channel = channelOf(each.channel)
  const tone = waitTone(each)
  const target = isCall(each.id) ? '15 秒' : '3 分钟'
  const late = { late: `已超 ${target}`, soon: `快到 ${target}` }[tone]
  const turn = mine(each) && !isCall(each.id) && each.newest_by === 'resident'
  return h(
    'button',
    {
      key: each.id,
      type: 'button',
      class: ['talk-row', each.state, { on: each.id === open.id, turn }],
      'aria-current': each.id === open.id ? 'true' : undefined,
      onClick: () => openItem(each.id),
    },
    [
      h('span', { class: 'talk-row-head' }, [
        icon(channel.icon, { label: channel.label, size: 14 }),
        h('strong', null, each.phone || channel.label),
        h('span', { class: ['tag', each.reason === 'emergency' || ['hold', 'transferred'].includes(each.call?.state) ? 'care' : ''] }, each.call ? each.call.state_label : reasonLabel(each.reason)),
        each.state === 'ended'
          ? h('span', { class: 'quiet' }, outcomeLabel(each.outcome))
          : h('span', { class: ['clock', tone], title: late ?? '' }, [
              tone === 'late' ? icon('alert', { size: 12, label: `超过 ${target}` }) : null,
              waited(each.call ? each.call.since : each.state === 'held' && each.replied_at ? each.newest_at : each.asked_at),
            ]),
      ]),
      h('span', { class: 'talk-row-words' }, [
        turn ? h('span', { class: 'dot', role: 'img', 'aria-label': '等您回复' }) : null,
        each.newest || (isCall(each.id) ? each.call.queue || '（还没有文字）' : '（没有文字）'),
      ]),
      each.state === 'held' && !mine(each) ? h('span', { class: 'quiet small' }, each.staff_name) : null,
    ],
  )
}

/** `onTrial` asks for a call to try with. */
export function listPane(onTrial) {
  const groups = GROUPS.map(({ name, holds }) => ({ name, items: board.items.filter(holds) })).filter(
    ({ name, items }) => items.length || name === '等待接手',
  )
  return h(
    'nav',
    { class: 'list-pane', 'aria-label': '对话和电话' },
    [board.loaded && !board.items.length
      ? emptyPlace('inbox', '没有人在等', h('p', { class: 'quiet' }, '有来电，或者有居民要人工，会出现在这里。'))
      : groups.map(({ name, items }) =>
          h('section', { key: name, 'aria-label': name }, [
            h('h2', null, [name, h('span', { class: 'count' }, items.length)]),
            items.length ? items.map(row) : h('p', { class: 'quiet none' }, board.loaded ? '没有' : '正在读取…'),
          ]),
        ),
    onTrial ? h('p', { class: 'list-end' }, button('试一通电话', { look: 'quiet', glyph: 'phone', onClick: onTrial })) : null],
  )
}

export const sinceWords = (each) => `${ago(each.asked_at) || '刚刚'}要求人工`
