// The parts of the board: plain numbers, bars and lists. Every number is a link to its cases on the desk.

import { h, ref } from '../desk/vue.js'
import { button } from '../desk/controls.js'
import { icon } from '../desk/icons.js'
import { stateOf } from '../desk/labels.js'
import { NO_DEPARTMENT } from '../desk/reference.js'
import { grouped } from '../desk/case_number.js'
import { clockTag } from '../desk/case_tags.js'
import { address } from '../desk/router.js'
import { spotQuery } from '../desk/hotspots_page.js'

/** So many departments or towns are shown at first. */
const FIRST = 15

export const casesAt = (query) => address('/cases', query)

/** A number that leads to its cases; nought leads nowhere. */
function number(count, query, props = {}) {
  const words = count.toLocaleString('zh-CN')
  return count && query
    ? h('a', { ...props, class: ['to-cases', props.class], href: casesAt(query) }, words)
    : h('span', { ...props, class: ['to-cases', 'none', props.class] }, words)
}

export const panel = (title, name, children, extra = null) =>
  h('section', { class: ['panel', name], 'aria-label': title }, [
    h('header', { class: 'panel-head' }, [h('h2', null, title), extra]),
    h('div', { class: 'panel-body' }, children),
  ])

/** The numbers on top, largest of all. */
export function headNumbers({ total, channels, day_start: start, soon_hours: hours }) {
  const day = start.slice(0, 10)
  const sum = (name) => channels.reduce((all, channel) => all + channel[name], 0)
  const numbers = [
    { label: '在办', count: total.open, query: { order: 'due' } },
    { label: '超时', count: total.overdue, query: { overdue: 'true', order: 'due' }, tone: 'late' },
    { label: `${hours} 小时内到期`, count: total.soon, query: { due_within: hours, order: 'due' }, tone: 'soon' },
    { label: '督办中', count: total.supervised, query: { work: 'supervised' }, tone: 'review' },
    { label: '今日受理', count: sum('received'), query: { from: day } },
    { label: '今日结案', count: sum('closed'), query: { closed_from: day } },
  ]
  return h(
    'ul',
    { class: 'head-numbers', 'aria-label': '现在' },
    numbers.map(({ label, count, query, tone }) =>
      h('li', { key: label, class: [tone, { nought: !count }] }, [
        h('span', { class: 'head-label' }, [tone === 'late' && count ? icon('alert', { size: 18 }) : null, label]),
        number(count, query, { 'aria-label': `${label} ${count} 件` }),
      ]),
    ),
  )
}

/** Open cases by state, one bar over the whole width. */
export function stateBar({ states, total }) {
  if (!total.open) return null
  const shown = states.filter(({ count }) => count)
  return h(
    'ul',
    { class: 'state-bar', 'aria-label': '在办案件按状态' },
    shown.map(({ status, label, count }) =>
      h(
        'li',
        { key: status, class: stateOf(status).tone, style: { flexGrow: count }, title: `${label} ${count} 件` },
        h('a', { href: casesAt({ status, order: 'due' }) }, [h('span', null, label), h('b', null, count)]),
      ),
    ),
  )
}

export const loadLegend = (hours) =>
  h(
    'ul',
    { class: 'legend' },
    [
      ['late', '超时'],
      ['soon', `${hours} 小时内`],
      ['rest', '其余'],
    ].map(([tone, words]) => h('li', { key: tone }, [h('i', { class: tone, 'aria-hidden': 'true' }), words])),
  )

/** Departments or towns, the most overdue first. `of`: the filter that a key is for. */
export const LoadTable = {
  props: { loads: Array, of: String, hours: Number },
  setup(props) {
    const whole = ref(false)

    function row({ key, label, open, overdue, soon }, most) {
      const share = (count) => ({ width: `${(100 * count) / most}%` })
      // of no town cannot be asked for; of no department can
      const asked = key || (props.of === 'department' ? NO_DEPARTMENT.value : '')
      const within = (query) => (asked ? { [props.of]: asked, ...query, order: 'due' } : null)
      return h('tr', { key: key || 'none' }, [
        h('th', { scope: 'row', title: label }, label),
        h('td', { class: 'bar-cell' }, [
          h('span', { class: 'load-bar', 'aria-hidden': 'true' }, [
            h('i', { class: 'late', style: share(overdue) }),
            h('i', { class: 'soon', style: share(soon) }),
            h('i', { class: 'rest', style: share(Math.max(0, open - overdue - soon)) }),
          ]),
        ]),
        h('td', null, number(overdue, within({ overdue: 'true' }), { class: 'late' })),
        h('td', null, number(soon, within({ due_within: props.hours }), { class: 'soon' })),
        h('td', null, number(open, within({}))),
      ])
    }

    return () => {
      const { loads } = props
      if (!loads.length) return h('p', { class: 'quiet' }, '没有在办的案件')
      const most = Math.max(...loads.map(({ open }) => open))
      const rest = loads.length - FIRST
      return [
        h('table', { class: 'loads' }, [
          h('thead', null, [
            h('tr', null, [
              h('th', { scope: 'col' }, props.of === 'department' ? '部门' : '街镇'),
              h('th', { scope: 'col', class: 'bar-head' }, h('span', { class: 'hidden' }, '图')),
              h('th', { scope: 'col' }, '超时'),
              h('th', { scope: 'col' }, `${props.hours} 时内`),
              h('th', { scope: 'col' }, '在办'),
            ]),
          ]),
          h(
            'tbody',
            null,
            (whole.value ? loads : loads.slice(0, FIRST)).map((load) => row(load, most)),
          ),
        ]),
        rest > 0
          ? button(whole.value ? '收起' : `其余 ${rest} 个`, {
              look: 'quiet',
              class: 'whole',
              onClick: () => {
                whole.value = !whole.value
              },
            })
          : null,
      ]
    }
  },
}

/** This month's figures; those with a target as bars with a mark where they should be. */
export function monthRates({ rates, month_start: start }) {
  const month = `/desk/figures?from=${start.slice(0, 10)}`
  const aimed = rates.filter(({ target }) => target !== null)
  const others = rates.filter(({ target }) => target === null)
  const percent = (value) => `${Math.round(value * 1000) / 10}%`
  return [
    h(
      'ul',
      { class: 'rates' },
      aimed.map((rate) =>
        h(
          'li',
          { key: rate.code, class: { met: rate.met === true, missed: rate.met === false }, title: rate.definition },
          [
            h('span', { class: 'rate-name' }, [
              rate.label,
              h('span', { class: 'rate-target' }, [
                rate.met === null ? null : icon(rate.met ? 'check' : 'alert', { size: 13 }),
                `${rate.met === null ? '' : rate.met ? '达到 ' : '未到 '}${rate.less_is_better ? '≤' : '≥'} ${percent(rate.target)}`,
              ]),
            ]),
            h('a', { class: 'rate-value', href: month }, rate.value === null ? '—' : percent(rate.value)),
            h('span', { class: 'rate-bar', 'aria-hidden': 'true' }, [
              h('i', { style: { width: percent(rate.value ?? 0) } }),
              h('b', { style: { left: percent(rate.target) } }),
            ]),
          ],
        ),
      ),
    ),
    h(
      'dl',
      { class: 'other-rates' },
      others.map((rate) =>
        h('div', { key: rate.code, title: rate.definition }, [
          h('dt', null, rate.label),
          h('dd', null, h('a', { href: month }, rate.value === null ? '—' : percent(rate.value))),
        ]),
      ),
    ),
  ]
}

/** What came in and was closed today, by channel. */
export function todayByChannel({ channels, day_start: start }) {
  const day = start.slice(0, 10)
  if (!channels.length) return h('p', { class: 'quiet' }, '今天还没有收到诉求')
  const most = Math.max(...channels.flatMap(({ received, closed }) => [received, closed]))
  const bar = (count, tone) =>
    count > 0 && h('i', { class: tone, style: { width: `${(100 * count) / most}%` }, 'aria-hidden': 'true' })
  return h('table', { class: 'channels' }, [
    h(
      'thead',
      { class: 'hidden' },
      h(
        'tr',
        null,
        ['渠道', '受理', '结案'].map((words) => h('th', { scope: 'col' }, words)),
      ),
    ),
    h(
      'tbody',
      null,
      channels.map(({ channel, label, received, closed }) =>
        h('tr', { key: channel }, [
          h('th', { scope: 'row' }, label),
          h(
            'td',
            null,
            h('span', { class: 'channel-bar' }, [bar(received, 'in'), number(received, { channel, from: day })]),
          ),
          h(
            'td',
            null,
            h('span', { class: 'channel-bar' }, [bar(closed, 'out'), number(closed, { channel, closed_from: day })]),
          ),
        ]),
      ),
    ),
  ])
}

/** Supervision orders in force: which case, where, who, at which level, how long still. */
export function ordersInForce({ orders, total }) {
  if (!orders.length) return h('p', { class: 'quiet' }, '没有正在督办的案件')
  return [
    h(
      'ul',
      { class: 'orders' },
      orders.map((order) =>
        h('li', { key: order.case_no }, [
          h('a', { href: `/desk/cases/${order.case_no}?work=supervised` }, [
            h(
              'span',
              { class: ['level', `l${order.level}`], title: `发给${order.addressee}，共 ${order.orders} 次` },
              order.level_name,
            ),
            h('strong', null, order.category?.name ?? '未分类'),
            h('span', { class: 'order-where' }, [order.place, order.department].filter(Boolean).join(' · ')),
            clockTag(order) ?? h('span', null, ''),
            h('span', { class: 'hidden' }, grouped(order.case_no)),
          ]),
        ]),
      ),
    ),
    total.supervised > orders.length
      ? h('a', { class: 'all', href: casesAt({ work: 'supervised' }) }, `全部 ${total.supervised} 件`)
      : null,
  ]
}

export function hotSpots(spots) {
  if (!spots.features.length) return h('p', { class: 'quiet' }, '近 7 天没有哪里的诉求明显多于平常')
  return h(
    'ol',
    { class: 'spots' },
    spots.features.map((spot) => {
      const { category, count, expected, places, towns } = spot.properties
      return h('li', { key: spot.properties.cells.join() }, [
        h('a', { href: casesAt(spotQuery(spot, spots)) }, [
          h('b', null, count),
          h('span', null, [
            h('strong', null, category?.name ?? '未分类'),
            h('span', null, places[0] ?? towns[0] ?? '地点不详'),
          ]),
          h('span', { class: 'quiet' }, `平常 ${expected}`),
        ]),
      ])
    }),
  )
}
