// The time, and times in words. Everything is shown in the city's zone, whatever the computer is set to.

import { ref } from './vue.js'
import { FINAL_STATES } from './labels.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let zone = 'Asia/Shanghai'
let formats = makeFormats()
let serverOffset = 0

/** The server's time in ms, renewed every 15 s; reading it in a render keeps "12 分钟前" true. */
export const now = ref(Date.now())
setInterval(tick, 15_000)

function tick() {
  now.value = Date.now() + serverOffset
}

/** The server's time in ms, to the second. */
export const serverTime = () => Date.now() + serverOffset

/** Take the time from an answer's `Date` header: office computers' clocks are often minutes off. */
export function heardServerTime(header) {
  const said = Date.parse(header ?? '')
  if (!Number.isFinite(said)) return
  const offset = said - Date.now()
  // the header has whole seconds, and the way takes time: small differences are no difference
  serverOffset = Math.abs(offset) < 5_000 ? 0 : offset
}

export function useZone(name) {
  if (!name || name === zone) return
  zone = name
  formats = makeFormats()
}

function makeFormats() {
  const make = (options) => new Intl.DateTimeFormat('zh-CN', { timeZone: zone, hourCycle: 'h23', ...options })
  return {
    parts: make({
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }),
    weekday: make({ weekday: 'short' }),
  }
}

function parts(at) {
  return Object.fromEntries(formats.parts.formatToParts(at).map(({ type, value }) => [type, value]))
}

/** `11-22 09:14`, with the year when it is not this one; empty for what is no time. */
export function shortTime(iso) {
  const at = new Date(iso ?? NaN)
  if (Number.isNaN(at.getTime())) return ''
  const p = parts(at)
  const year = p.year === parts(new Date(now.value)).year ? '' : `${p.year}-`
  return `${year}${p.month}-${p.day} ${p.hour}:${p.minute}`
}

/** `2026-11-22 周日 09:14:05`. */
export function fullTime(iso) {
  const at = new Date(iso ?? NaN)
  if (Number.isNaN(at.getTime())) return ''
  const p = parts(at)
  return `${p.year}-${p.month}-${p.day} ${formats.weekday.format(at)} ${p.hour}:${p.minute}:${p.second}`
}

/** The end of a day `2026-11-22` in the city, as a moment; null for what is no day. */
export function endOfDay(day) {
  const wanted = Date.parse(`${day}T23:59:00Z`)
  if (!Number.isFinite(wanted)) return null
  const p = parts(new Date(wanted))
  const shown = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute)
  return new Date(wanted - (shown - wanted)).toISOString()
}

/** The day so many days from now in the city, as `2026-11-22`. */
export function dayAhead(days) {
  const p = parts(new Date(now.value + days * DAY))
  return `${p.year}-${p.month}-${p.day}`
}

/** A length of time in ms as people say it: `40 分`, `3 小时 20 分`, `1 天 5 小时`, `12 天`. */
export function duration(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE)
  if (minutes < 1) return '不到 1 分'
  if (minutes < 60) return `${minutes} 分`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 ? `${hours} 小时 ${minutes % 60} 分` : `${hours} 小时`
  const days = Math.floor(hours / 24)
  return days < 3 && hours % 24 ? `${days} 天 ${hours % 24} 小时` : `${days} 天`
}

/** `刚刚`, `12 分钟前`, `3 小时前`, `昨天`, `5 天前`. */
export function ago(iso) {
  const passed = now.value - Date.parse(iso ?? '')
  if (!Number.isFinite(passed)) return ''
  if (passed < MINUTE) return '刚刚'
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} 分钟前`
  if (passed < DAY) return `${Math.floor(passed / HOUR)} 小时前`
  return `${Math.floor(passed / DAY)} 天前`
}

/**
 * What remains of a case's time: `{tone, words, title}`; `tone` is ok, soon, late, still or done; no words when there
 * is nothing to wait for.
 * Colour is never alone: the words say 剩, 仅剩 or 超时.
 */
export function remaining(item) {
  const due = Date.parse(item.due_at ?? '')
  const title = item.due_at ? `应于 ${fullTime(item.due_at)} 前办结` : '没有时限'
  if (FINAL_STATES.has(item.status)) {
    const closed = Date.parse(item.closed_at ?? '')
    if (item.status === 'closed' && Number.isFinite(closed) && Number.isFinite(due)) {
      return closed > due
        ? { tone: 'done', words: `超时 ${duration(closed - due)}结案`, title }
        : { tone: 'done', words: '按期结案', title }
    }
    return { tone: 'done', words: '', title: '' }
  }
  if (item.status === 'suspended') return { tone: 'still', words: '停表中', title: '挂账期间时钟不走' }
  if (!Number.isFinite(due)) return { tone: 'still', words: '未定时限', title }
  const left = due - now.value
  if (left <= 0) return { tone: 'late', words: `超时 ${duration(left)}`, title }
  const whole = due - Date.parse(item.received_at ?? '')
  // the last fifth of the time, at least half an hour and at most a day, is when one should hurry
  const hurry = Math.min(Math.max((Number.isFinite(whole) ? whole : 0) / 5, HOUR / 2), DAY)
  return left <= hurry
    ? { tone: 'soon', words: `仅剩 ${duration(left)}`, title }
    : { tone: 'ok', words: `剩 ${duration(left)}`, title }
}
