// Filters of the list in words: for the chips above it, and for views that keep them.

import { shortTime } from './clock.js'
import { CHANNELS, STATES, precisionOf, urgencyOf } from './labels.js'
import { categoryOf, departmentName, towns } from './reference.js'
import { workOf } from './work.js'

const each = (name) => (codes) => codes.split(',').map(name).join('、')
const moment = (text) => (text.includes('T') ? shortTime(text) : text)

const WORDS = {
  work: (code) => workOf(code)?.label ?? code,
  status: each((code) => STATES.find((state) => state.code === code)?.label ?? code),
  category: each((code) => categoryOf(code)?.name ?? code),
  department: each(departmentName),
  channel: each((code) => CHANNELS.find((channel) => channel.code === code)?.label ?? code),
  town: each((code) => towns().find((town) => town.code === code)?.name ?? code),
  urgency: each((code) => urgencyOf(code)?.label ?? code),
  precision: each((code) => precisionOf(code).label),
  overdue: () => '超时',
  due_within: (hours) => `${hours} 小时内到期`,
  repeat: () => '重复发生',
  claimed: (whose) => (whose === 'mine' ? '我领办的' : '没人领的'),
  from: (day) => `${moment(day)} 起收到`,
  to: (day) => `${moment(day)} 止收到`,
  closed_from: (day) => `${moment(day)} 起结案`,
  closed_to: (day) => `${moment(day)} 止结案`,
  grid_cell: (cells) => `${cells.split(',').length} 个网格`,
  q: (text) => `“${text}”`,
}

/** One filter in words. */
export const filterWord = (name, value) => WORDS[name]?.(value) ?? `${name} ${value}`

/** All filters that are set, in words. */
export const filterWords = (filters) =>
  Object.entries(filters)
    .filter(([name, value]) => value && name !== 'order')
    .map(([name, value]) => filterWord(name, String(value)))
