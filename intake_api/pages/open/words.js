// What the public page says: stages, how places are shown, days and times.

import { now } from '../desk/clock.js'

/** How a case is marked in list and map: colour, shape and word, never colour alone. */
export function mark(item) {
  if (item.open) return item.stage === 'received' || item.stage === 'filed' ? MARKS.waiting : MARKS.working
  return item.state === '已办结' ? MARKS.done : MARKS.off
}

export const MARKS = {
  waiting: { kind: 'waiting', label: '等待处理' },
  working: { kind: 'working', label: '正在处理' },
  done: { kind: 'done', label: '已办结' },
  off: { kind: 'off', label: '未办理（不属受理范围、合并或撤回）' },
}

export const STATES = [
  { code: '', label: '全部' },
  { code: 'open', label: '正在办' },
  { code: 'closed', label: '已了结' },
]

export const PERIODS = [
  { code: '7', label: '最近 7 天' },
  { code: '30', label: '最近 30 天' },
  { code: '90', label: '最近 90 天' },
  { code: '', label: '不限时间' },
]

const DAY = 86_400_000

/** The day `days` ago in the city's zone, `2026-11-18`; empty for no limit. */
export function daysAgo(days, zone) {
  if (!days) return ''
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: zone })
  return parts.format(new Date(now.value - Number(days) * DAY))
}

/** `11月25日 14:05`, with the year when it is not this one. */
export function when(iso, zone) {
  const at = new Date(iso ?? NaN)
  if (Number.isNaN(at.getTime())) return ''
  const p = Object.fromEntries(
    new Intl.DateTimeFormat('zh-CN', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const thisYear = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric' }).format(new Date(now.value))
  return `${p.year === thisYear ? '' : `${p.year}年`}${p.month}月${p.day}日 ${p.hour}:${p.minute}`
}

/** Where, in a line; what is not known says so. */
export function whereabouts(place) {
  if (place.level === 'none') return '位置不详'
  if (place.level === 'cell') return `${place.address || '辖区内'}一带`
  return place.address || '位置不详'
}
