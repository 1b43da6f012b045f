// What happened to a case, oldest first: who, when, why, and whether the record is whole.

import { h } from './vue.js'
import { icon } from './icons.js'
import { actorLabel, eventLabel, precisionOf, stateOf } from './labels.js'
import { categoryOf, reference } from './reference.js'
import { ago, fullTime, shortTime } from './clock.js'

const FIRST = /^0+$/

/** For each event, whether it continues the one before it: its place and the hash it builds on. */
function continues(events) {
  return events.map(
    (event, i) =>
      event.seq === i + 1 &&
      (i ? event.prev_hash === events[i - 1].hash : !event.prev_hash || FIRST.test(event.prev_hash)),
  )
}

function move(event) {
  const { from_status: from, to_status: to } = event
  if (!to || from === to) return null
  return h('span', { class: 'quiet' }, from ? `${stateOf(from).label} → ${stateOf(to).label}` : stateOf(to).label)
}

// `*` in the responsibility matrix means all
const ruleWords = (rule) => rule.replace(/^\* ×/, '全部分类 ×').replace(/× \*$/, '× 全区')

const categoryName = (code) => (code ? (categoryOf(code)?.name ?? code) : '未分类')
const departmentName = (id) => reference.departments.find((unit) => unit.id === id)?.name ?? id ?? '未定'
const placeName = ({ precision, grid_cell: cell }) => `${precisionOf(precision).label}${cell ? `（网格 ${cell}）` : ''}`

/** What a correction put right, and what followed from it. */
function differences(before, after) {
  return [
    ['分类', categoryName(before.category), categoryName(after.category)],
    ['地点', placeName(before), placeName(after)],
    ['主办', departmentName(before.department), departmentName(after.department)],
    ['应办结', before.due_at ? shortTime(before.due_at) : '无', after.due_at ? shortTime(after.due_at) : '无'],
  ]
    .filter(([, was, is]) => was !== is)
    .map(([title, was, is]) => `${title}：${was} → ${is}`)
}

/** Facts in an event's data that say something to people. */
function facts(data) {
  const said = []
  if (Array.isArray(data?.left_to_operator) && data.left_to_operator.length)
    said.push(`留给受理员：${data.left_to_operator.join('、')}`)
  if (data?.category && data.category_confidence < 1)
    said.push(`自动分类把握 ${Math.round(data.category_confidence * 100)}%`)
  if (data?.before && data?.after) said.push(...differences(data.before, data.after))
  if (data?.basis)
    said.push(
      `责任依据：${data.basis}${data.responsibility_rule ? `（规则 ${ruleWords(data.responsibility_rule)}）` : ''}`,
    )
  return said
}

/** `intact` is the server's own check of the whole chain, when it gives one. */
export function timeline(events, intact) {
  const linked = continues(events)
  const whole = intact ?? linked.every(Boolean)
  return [
    h(
      'ol',
      { class: 'timeline' },
      events.map((event, i) =>
        h('li', { key: event.seq, class: { broken: !linked[i] } }, [
          h('div', { class: 'event-head' }, [
            h('strong', null, event.kind_label ?? eventLabel(event.kind)),
            move(event),
            h('time', { datetime: event.at, title: fullTime(event.at) }, `${shortTime(event.at)} · ${ago(event.at)}`),
          ]),
          h('div', { class: 'event-who' }, [
            h('span', null, event.actor?.name || actorLabel(event.actor?.kind)),
            event.actor?.name && actorLabel(event.actor.kind) !== event.actor.name
              ? h('span', { class: 'quiet' }, actorLabel(event.actor.kind))
              : null,
            h(
              'span',
              {
                class: ['seal', { bad: !linked[i] }],
                title: linked[i] ? `与上一条相接。校验值 ${event.hash ?? ''}` : '与上一条对不上，请告知审计员',
              },
              [icon(linked[i] ? 'check' : 'alert', { size: 12 }), h('code', null, (event.hash ?? '').slice(0, 8))],
            ),
          ]),
          event.reason ? h('p', { class: 'event-reason' }, event.reason) : null,
          ...facts(event.data).map((words) => h('p', { class: 'event-fact' }, words)),
        ]),
      ),
    ),
    events.length
      ? h('p', { class: ['chain', { bad: !whole }] }, [
          icon(whole ? 'check' : 'alert', { size: 13 }),
          whole ? `记录完整：${events.length} 条依次相接` : '记录的链条对不上，可能被改动过，请告知审计员。',
        ])
      : null,
  ]
}
