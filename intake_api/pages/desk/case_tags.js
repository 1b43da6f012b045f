// The state of a case, its clock and its urgency: coloured, and always in words.

import { h } from './vue.js'
import { icon } from './icons.js'
import { stateOf, urgencyOf } from './labels.js'
import { now, remaining, shortTime } from './clock.js'

/** A state as a coloured word. */
export function stateTag(code) {
  const state = stateOf(code)
  return h('span', { class: ['tag', state.tone], title: state.help }, state.label)
}

/** What remains of the time, coloured and in words. */
export function clockTag(item) {
  const { tone, words, title } = remaining(item)
  if (!words) return null
  const glyph = { late: 'alert', done: '' }[tone] ?? 'clock'
  return h('span', { class: ['clock', tone], title }, [glyph ? icon(glyph, { size: 13 }) : null, words])
}

const LATE = { received: '受理超时', filed: '派遣超时', reported_done: '核实超时' }

/** That the hotline itself is late with a case: its internal limits run though the case may have no clock yet. */
export function stageTag(item) {
  const by = item.stage_due_at
  return by && new Date(by).getTime() < now.value && LATE[item.status]
    ? h('span', { class: 'urgency late', title: `应在 ${shortTime(by)} 前处理` }, LATE[item.status])
    : null
}

export function urgencyTag(code) {
  const urgency = urgencyOf(code)
  return urgency?.tone ? h('span', { class: ['urgency', urgency.tone] }, urgency.label) : null
}
