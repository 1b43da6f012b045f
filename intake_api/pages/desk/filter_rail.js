// The left rail: search, states with counts, and the other ways to narrow the list.

import { h, ref, watch } from './vue.js'
import { icon } from './icons.js'
import { ChoiceBox, button, iconButton } from './controls.js'
import { categoryOptions } from './categories.js'
import { CHANNELS, STATES } from './labels.js'
import { address, go, link } from './router.js'
import { filterWord } from './filter_words.js'
import { NO_DEPARTMENT, reference, towns } from './reference.js'
import { mayClaim } from './claims.js'
import { seesAll } from './session.js'
import { ViewRail } from './view_rail.js'
import { clearFilters, filters, filtersSet, listAddress, queue, setFilters } from './queue.js'
import { countWords, work, workAddress } from './work.js'
import { typedNumber } from './case_number.js'

const TYPING_PAUSE = 350

/**
 * The search field: words filter the list, a whole case number opens the case on Enter. `whole`: nothing happens before
 * Enter, for where there is no list to narrow while one types.
 */
export const SearchField = {
  props: { whole: Boolean },
  setup(props) {
    const text = ref(filters.value.q)
    let timer = 0
    let composing = false
    watch(
      () => filters.value.q,
      (q) => {
        if (q !== text.value.trim()) text.value = q
      },
    )
    function apply() {
      clearTimeout(timer)
      if (text.value.trim() !== filters.value.q) setFilters({ q: text.value.trim() })
    }
    function typed(event) {
      text.value = event.target.value
      clearTimeout(timer)
      // words half written with an input method are not yet words
      if (!composing && !props.whole) timer = setTimeout(apply, TYPING_PAUSE)
    }
    function pressed(event) {
      if (event.key !== 'Enter' || event.isComposing) return
      const number = typedNumber(text.value)
      if (number) {
        clearTimeout(timer)
        go(address(`/cases/${number}`, { ...filters.value, q: '' }))
        text.value = ''
      } else {
        apply()
        event.target.blur()
      }
    }
    return () =>
      h('div', { class: 'search' }, [
        icon('search'),
        h('input', {
          type: 'search',
          enterkeyhint: 'search',
          value: text.value,
          placeholder: '编号、内容或地点',
          'aria-label': '搜索编号、内容或地点',
          autocomplete: 'off',
          spellcheck: 'false',
          onInput: typed,
          onKeydown: pressed,
          onCompositionstart: () => {
            composing = true
          },
          onCompositionend: (event) => {
            composing = false
            typed(event)
          },
        }),
        text.value
          ? iconButton('close', '清除搜索', () => {
              text.value = ''
              apply()
            })
          : h('kbd', { 'aria-hidden': 'true' }, '/'),
      ])
  },
}

function stateRow(code, label, help) {
  const count = queue.counts?.[code || 'all']
  const at = !filters.value.work && filters.value.status === code
  return h(
    'li',
    { key: code },
    link(
      address(listPath(), { ...filters.value, work: '', status: code }),
      {
        class: ['state-row', { at }],
        'aria-current': at ? 'true' : undefined,
        title: help,
      },
      [h('span', null, label), count === undefined ? null : h('span', { class: 'count' }, String(count))],
    ),
  )
}

function workRow(item) {
  const at = filters.value.work === item.work
  return h(
    'li',
    { key: item.work },
    link(
      workAddress(item.work),
      { class: ['state-row', { at }], 'aria-current': at ? 'true' : undefined, title: item.help },
      [
        h('span', null, item.label),
        h('span', { class: ['count', { late: item.late && !item.over }] }, item.count ? countWords(item) : ''),
      ],
    ),
  )
}

const listPath = () => (location.pathname.endsWith('/filters') ? '/cases/filters' : '/cases')

const departmentOptions = () => [
  NO_DEPARTMENT,
  ...reference.departments.map(({ id, name }) => ({ value: id, label: name })),
]
const townOptions = () => towns().map(({ code, name }) => ({ value: code, label: name }))

/** A filter that is on or off. */
const onlyIf = (name, value, words) =>
  h('label', { key: `${name} ${value}`, class: ['switch', { on: filters.value[name] === value }] }, [
    h('input', {
      type: 'checkbox',
      checked: filters.value[name] === value,
      onChange: (event) => setFilters({ [name]: event.target.checked ? value : '' }),
    }),
    h('span', null, words),
  ])

export const FilterRail = {
  setup() {
    const pick = (name) => (value) => setFilters({ [name]: value })
    const field = (name, label, options) =>
      h(ChoiceBox, { label, options, value: filters.value[name], onPick: pick(name) })
    return () =>
      h('nav', { class: 'rail', 'aria-label': '筛选' }, [
        h('div', { class: 'rail-head' }, [
          h('h2', null, '筛选'),
          filtersSet.value.length ? button('全部清除', { look: 'quiet', onClick: clearFilters }) : null,
        ]),
        h(SearchField),
        work.items.length
          ? [
              h('h3', null, '我的工作'),
              h(
                'ul',
                { class: 'states' },
                work.items.map((item) => workRow(item)),
              ),
            ]
          : null,
        h(ViewRail),
        h('div', { class: 'rail-switches' }, [
          onlyIf('overdue', 'true', '只看超时'),
          onlyIf('due_within', '24', '24 小时内到期'),
          mayClaim() ? onlyIf('claimed', 'mine', '我领办的') : null,
          mayClaim() ? onlyIf('claimed', 'free', '没人领的') : null,
        ]),
        h('h3', null, '状态'),
        h('ul', { class: 'states' }, [
          stateRow('', '全部'),
          ...STATES.map(({ code, label, help }) => stateRow(code, label, help)),
        ]),
        h('div', { class: 'rail-fields' }, [
          field('category', '分类', categoryOptions()),
          // somebody of one department sees only its cases: nothing to choose
          seesAll.value ? field('department', '部门', departmentOptions()) : null,
          field(
            'channel',
            '来源渠道',
            CHANNELS.map(({ code, label }) => ({ value: code, label })),
          ),
          field('town', '街镇', townOptions()),
        ]),
        reference.problem
          ? h('p', { class: 'quiet' }, `分类、部门或街镇名单没有读到：${reference.problem.detail}`)
          : null,
        h(
          'div',
          { class: 'rail-done' },
          button('看结果', { look: 'primary', class: 'whole', onClick: () => go(listAddress(), { replace: true }) }),
        ),
      ])
  },
}

/** The filters that are on, in words, each with a way to take it off. */
export function filterChips() {
  // a work list is the title of the list already
  return filtersSet.value
    .filter((name) => name !== 'work')
    .map((name) => {
      const said = filterWord(name, filters.value[name])
      return h(
        'button',
        { key: name, type: 'button', class: 'chip', title: `取消“${said}”`, onClick: () => setFilters({ [name]: '' }) },
        [said, icon('close', { size: 11 })],
      )
    })
}
