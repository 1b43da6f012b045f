// The figures of calls in some days: each with what it is divided by, by operator, by day.

import { h } from '../desk/vue.js'
import { emptyPlace } from '../desk/controls.js'

/** `92.7%`; a dash where there was nothing to divide by. */
export const percent = (share) => (share === null ? '—' : `${(share * 100).toFixed(1)}%`)

/** Seconds as people say them: `8.2 秒`, `3 分 20 秒`. */
export function seconds(value) {
  if (value === null || value === undefined) return '—'
  if (value < 0) return '挂断前'
  if (value < 60) return `${Math.round(value * 10) / 10} 秒`
  const whole = Math.round(value)
  return whole % 60 ? `${Math.floor(whole / 60)} 分 ${whole % 60} 秒` : `${whole / 60} 分`
}

/** `code` names its definition; `value` and the counts behind it of a tally. */
const FIGURES = [
  {
    code: 'in_time_share',
    label: '15 秒内接听',
    value: (t) => percent(t.in_time_share),
    behind: (t) => `${t.answered_in_time} ÷ ${t.settled} 通`,
  },
  {
    code: 'wait',
    label: '平均等待',
    value: (t) => seconds(t.mean_wait_seconds),
    behind: (t) => `中位 ${seconds(t.median_wait_seconds)} · 最长 ${t.settled ? seconds(t.longest_wait_seconds) : '—'} · ${t.settled} 通`,
  },
  {
    code: 'abandoned',
    label: '放弃',
    value: (t) => `${t.abandoned} 通`,
    behind: (t) => `接通 ${percent(t.connected_share)}，${t.answered} ÷ ${t.settled} 通`,
  },
  {
    code: 'after_call',
    label: '平均话后处理',
    value: (t) => seconds(t.mean_after_call_seconds),
    behind: (t) => `${t.finished} 通`,
  },
  {
    code: 'to_file',
    label: '挂断到立案',
    value: (t) => seconds(t.mean_seconds_to_file),
    behind: (t) => `平均，${t.filed} 通立案`,
  },
  {
    code: 'error_rate',
    label: '识别差错率',
    value: (t) => percent(t.error_rate),
    behind: (t) => `${t.corrected} ÷ ${t.recognised} 字`,
  },
  {
    code: 'category',
    label: '分类采纳',
    value: (t) => percent(t.category_accepted_share),
    behind: (t) => `${t.category_judged - t.category_changed} ÷ ${t.category_judged} 通，改 ${t.category_changed}`,
  },
  {
    code: 'place',
    label: '地点采纳',
    value: (t) => percent(t.place_accepted_share),
    behind: (t) => `${t.place_judged - t.place_changed} ÷ ${t.place_judged} 通，改 ${t.place_changed}`,
  },
]

/** The figures of all calls, and who waits now. */
export function tiles({ now, total, definitions }) {
  return h('dl', { class: 'tiles', 'aria-label': '合计' }, [
    h('div', { class: 'tile', title: '这一刻的振铃' }, [
      h('dt', null, '正在等待'),
      h('dd', { class: 'big' }, `${now.waiting} 位`),
      h('dd', { class: 'quiet' }, now.waiting ? `最久 ${seconds(now.longest_wait_seconds)}` : `这段时间来电 ${total.calls} 通`),
    ]),
    ...FIGURES.map(({ code, label, value, behind }) =>
      h('div', { key: code, class: 'tile', title: definitions[code] }, [
        h('dt', null, label),
        h('dd', { class: 'big' }, value(total)),
        h('dd', { class: 'quiet' }, behind(total)),
      ]),
    ),
  ])
}

export function definitionList(definitions) {
  return h('details', { class: 'card definitions' }, [
    h('summary', null, '每个数字怎么算的'),
    h('dl', { class: 'facts' }, [
      ...FIGURES.flatMap(({ code, label }) => [h('dt', null, label), h('dd', null, definitions[code])]),
      h('dt', null, '接通'),
      h('dd', null, definitions.connected_share),
      h('dt', null, '算谁的'),
      h('dd', null, definitions.operator),
    ]),
  ])
}

const COLUMNS = [
  ['来电', (t) => t.calls],
  ['接听', (t) => t.answered],
  ['15 秒内', (t) => percent(t.in_time_share), (t) => `${t.answered_in_time} ÷ ${t.settled} 通`],
  ['放弃', (t) => t.abandoned],
  ['平均等待', (t) => seconds(t.mean_wait_seconds), (t) => `${t.settled} 通`],
  ['最长等待', (t) => (t.settled ? seconds(t.longest_wait_seconds) : '—')],
  ['话后处理', (t) => seconds(t.mean_after_call_seconds), (t) => `${t.finished} 通`],
  ['挂断到立案', (t) => seconds(t.mean_seconds_to_file), (t) => `${t.filed} 通`],
  ['差错率', (t) => percent(t.error_rate), (t) => `${t.corrected} ÷ ${t.recognised} 字`],
  ['分类采纳', (t) => percent(t.category_accepted_share), (t) => `${t.category_judged - t.category_changed} ÷ ${t.category_judged} 通`],
  ['地点采纳', (t) => percent(t.place_accepted_share), (t) => `${t.place_judged - t.place_changed} ÷ ${t.place_judged} 通`],
]

/** One row each; `name` says what of. The counts behind a rate stand below it. */
export function breakdown(rows, title, name) {
  if (!rows.length) return emptyPlace('phone', '这段时间没有来电', h('p', null, '换一段时间看看。'))
  return h('div', { class: 'table-box figures-box', tabindex: 0, role: 'region', 'aria-label': `按${title}` }, [
    h('table', { class: 'figures-table' }, [
      h('thead', null, h('tr', null, [h('th', { scope: 'col' }, title), ...COLUMNS.map(([label]) => h('th', { scope: 'col', class: 'num' }, label))])),
      h(
        'tbody',
        null,
        rows.map((row) =>
          h('tr', { key: row.day ?? row.operator?.id ?? 'none' }, [
            h('th', { scope: 'row' }, name(row)),
            ...COLUMNS.map(([label, value, behind]) =>
              h('td', { key: label, class: 'num' }, [String(value(row)), behind ? h('small', null, behind(row)) : null]),
            ),
          ]),
        ),
      ),
    ]),
  ])
}
