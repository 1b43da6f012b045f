// What happened to a case, oldest first: who, when, why, with words and photos, and whether the record is whole.

import { h } from './vue.js'
import { icon } from './icons.js'
import { actorLabel, gradeLabel, precisionOf, stateOf } from './labels.js'
import { categoryOf, departmentName } from './reference.js'
import { ago, fullTime, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { Attachments } from './attachments.js'
import { ruleWords } from './ruling.js'

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

const categoryName = (code) => (code ? (categoryOf(code)?.name ?? code) : '未分类')
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

const units = (ids) => ids.map(departmentName).join('、')

/** What an event of a kind says to people beside its name, from its data. */
const SAYS = {
  dispatched: ({ department, supporting }) => [
    `派给${departmentName(department)}${supporting?.length ? `，协办：${units(supporting)}` : ''}`,
  ],
  returned: ({ department, responsible, returns }) => [
    `${departmentName(department)}退回，第 ${returns} 次；改派前由${departmentName(responsible)}负责`,
  ],
  adjudicated: ({ department, remembered }) => [
    `裁定给${departmentName(department)}${remembered ? '，以后照此办理' : ''}`,
  ],
  rejected: ({ referral }) => [`可以找：${referral}`],
  merged: ({ into }) => [`并入 ${grouped(into)}`],
  took_in: ({ case: number }) => [`并入 ${grouped(number)}`],
  assist_asked: ({ department }) => [`请${departmentName(department)}协办`],
  assist_decided: ({ department, granted }) => [`${departmentName(department)}协办：${granted ? '同意' : '不同意'}`],
  assist_reported: ({ department }) => [departmentName(department)],
  extension_decided: ({ granted }) => [granted ? '同意延期' : '不同意延期'],
  suspension_asked: ({ until }) => [`申请挂到 ${shortTime(until)}`],
  suspended: ({ until }) => [`挂到 ${shortTime(until)}`],
  check_reported: ({ confirmed }) => [confirmed ? '属实' : '不属实'],
  reported_done: ({ in_time: inTime, waits_for: waits }) => [
    `${inTime ? '按期' : '超时'}反馈${waits?.length ? `，还等${units(waits)}协办反馈` : ''}`,
  ],
  rated: ({ grade, solved, asks_reopening: asks }) => [
    `${solved ? '已解决' : '未解决'}，${gradeLabel(grade)}${asks ? '；已提请重办' : ''}`,
  ],
  supervised: ({ name, addressee, order }) => [`第 ${order} 次，${name}，收件：${addressee}`],
  urged: ({ urges }) => [`共 ${urges} 次`],
  followed: ({ followers }) => [`共 ${followers} 人加入`],
}

/** Facts in an event's data that say something to people. */
function facts({ kind, data }) {
  const said = data && SAYS[kind] ? SAYS[kind](data) : []
  if (Array.isArray(data?.left_to_operator) && data.left_to_operator.length)
    said.push(`留给受理员：${data.left_to_operator.join('、')}`)
  if (data?.category && data.category_confidence < 1)
    said.push(`自动分类把握 ${Math.round(data.category_confidence * 100)}%`)
  if (data?.before && data?.after) said.push(...differences(data.before, data.after))
  if (data?.basis)
    said.push(
      `责任依据：${data.basis}${data.responsibility_rule ? `（规则 ${ruleWords(data.responsibility_rule)}）` : ''}`,
    )
  if (data?.by === 'follower') said.push('加入的市民说的，原诉求人看不到内容')
  if (kind !== 'received' && kind !== 'filed' && data?.due?.at) said.push(`应办结 ${shortTime(data.due.at)}`)
  return said
}

function eventLine(event, linked) {
  const own = event.actor?.kind === 'system'
  const files = event.attachments ?? []
  return h('li', { key: event.seq, class: { broken: !linked, still: own }, 'data-seq': event.seq }, [
    h('div', { class: 'event-head' }, [
      h('strong', null, event.kind_label),
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
          class: ['seal', { bad: !linked }],
          title: linked ? `与上一条相接。校验值 ${event.hash ?? ''}` : '与上一条对不上，请告知审计员',
        },
        [icon(linked ? 'check' : 'alert', { size: 12 }), h('code', null, (event.hash ?? '').slice(0, 8))],
      ),
    ]),
    event.reason ? h('p', { class: 'event-reason' }, event.reason) : null,
    event.remark ? h('p', { class: 'event-reason remark' }, event.remark) : null,
    files.length ? h(Attachments, { groups: [{ title: event.kind_label, files }] }) : null,
    ...facts(event).map((words) => h('p', { class: 'event-fact' }, words)),
  ])
}

/** `intact` is the server's own check of the whole chain, when it gives one. */
export function timeline(events, intact) {
  const linked = continues(events)
  const whole = intact ?? linked.every(Boolean)
  return [
    h(
      'ol',
      { class: 'timeline' },
      events.map((event, i) => eventLine(event, linked[i])),
    ),
    events.length
      ? h('p', { class: ['chain', { bad: !whole }] }, [
          icon(whole ? 'check' : 'alert', { size: 13 }),
          whole ? `记录完整：${events.length} 条依次相接` : '记录的链条对不上，可能被改动过，请告知审计员。',
        ])
      : null,
  ]
}
