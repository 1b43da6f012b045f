// The quality of calls, for supervisors: figures of some days, by operator and by day, and the calls to be reviewed.

import { computed, h, onBeforeUnmount, reactive, ref, shallowRef, watch } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { button, emptyPlace, iconButton, problemNote, skeleton } from '../desk/controls.js'
import { ask, isAbort } from '../desk/api.js'
import { dayAhead, shortTime } from '../desk/clock.js'
import { idleNotice } from '../desk/idle_notice.js'
import { session, signOut } from '../desk/session.js'
import { spoken } from './call_pane.js'
import { CallReview } from './quality_call.js'
import { breakdown, definitionList, percent, seconds, tiles } from './quality_figures.js'

export const ADDRESS = '/console/quality'

const TODAY_EVERY = 30_000
const EVERY = 5 * 60_000 // many days change little, and cost more to add up
const PART = 50
const SPANS = [
  { code: 'today', label: '今天', days: 0 },
  { code: 'week', label: '近 7 天', days: 6 },
  { code: 'month', label: '近 30 天', days: 29 },
]
const TABS = [
  { code: 'review', label: '待看的电话' },
  { code: 'operators', label: '按坐席' },
  { code: 'days', label: '按日期' },
]
const REVIEWED = [
  { code: 'no', label: '没有复核的' },
  { code: 'yes', label: '复核过的' },
  { code: 'either', label: '都看' },
]
const STATE = { span: 'today', from: '', to: '', tab: 'review', fault: 'any', reviewed: 'no', operator: '', call: '' }

const fromAddress = () => ({ ...STATE, ...Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name in STATE)) })

export const QualityPage = {
  setup() {
    // the address is the state: what is looked at can be kept and sent on
    const wanted = reactive(fromAddress())
    const figures = shallowRef(null)
    const list = shallowRef(null)
    const problem = ref(null)
    const listProblem = ref(null)
    let way = null
    let listWay = null

    const days = computed(() => {
      const span = SPANS.find(({ code }) => code === wanted.span)
      return span ? { from: dayAhead(-span.days), to: dayAhead(0) } : { from: wanted.from || dayAhead(0), to: wanted.to || dayAhead(0) }
    })
    const filters = computed(() => ({
      ...days.value,
      fault: wanted.fault,
      reviewed: wanted.reviewed === 'either' ? '' : wanted.reviewed,
      operator: wanted.operator,
    }))
    function choose(change) {
      Object.assign(wanted, change)
      const kept = Object.entries(wanted).filter(([name, value]) => value && value !== STATE[name])
      history.replaceState(null, '', ADDRESS + (kept.length ? `?${new URLSearchParams(kept)}` : ''))
    }

    async function look({ background = false } = {}) {
      way?.abort()
      const { signal } = (way = new AbortController())
      try {
        figures.value = await ask('GET', '/channels/hotline/quality', { query: days.value, signal, background })
        problem.value = null
      } catch (error) {
        // old figures stay beside the words that they are old
        if (!isAbort(error)) problem.value = error
      }
    }
    async function lookThrough(offset = 0) {
      listWay?.abort()
      const { signal } = (listWay = new AbortController())
      listProblem.value = null
      if (!offset) list.value = null
      try {
        const page = await ask('GET', '/channels/hotline/quality/calls', { query: { ...filters.value, offset: offset || '', limit: PART }, signal })
        list.value = offset ? { ...page, items: [...list.value.items, ...page.items] } : page
      } catch (error) {
        if (!isAbort(error)) listProblem.value = error
      }
    }
    watch(days, () => { figures.value = null; look() }, { immediate: true })
    watch(() => JSON.stringify(filters.value), () => lookThrough(), { immediate: true })
    document.title = '通话质量 · 一号通'
    let last = Date.now()
    const timer = setInterval(() => {
      if (document.hidden || Date.now() - last < (wanted.span === 'today' ? TODAY_EVERY : EVERY)) return
      last = Date.now()
      look({ background: true })
    }, 1_000)
    onBeforeUnmount(() => {
      clearInterval(timer)
      way?.abort()
      listWay?.abort()
    })

    const exported = (of) => {
      const query = Object.entries({ of, ...(of === 'calls' ? filters.value : days.value) }).filter(([, value]) => value)
      return `/channels/hotline/quality/export?${new URLSearchParams(query)}`
    }
    const after = computed(() => {
      const items = list.value?.items ?? []
      const at = items.findIndex(({ call_id: id }) => id === wanted.call)
      return items.slice(at + 1).find(({ review }) => !review)
    })
    function reviewed(review) {
      const items = list.value.items.map((each) => (each.call_id === wanted.call ? { ...each, review } : each))
      list.value = { ...list.value, items }
    }
    const operatorName = () => figures.value?.operators.find(({ operator }) => operator?.id === wanted.operator)?.operator.name ?? '这位坐席'

    function top() {
      return h('header', { class: 'top' }, [
        h('a', { href: '/console', class: 'brand' }, [
          h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
          h('strong', null, '一号通'),
          h('span', { class: 'brand-city' }, '通话质量'),
        ]),
        h('div', { class: 'top-end' }, [
          h('a', { href: '/console', class: 'tab' }, '话务台'),
          h('a', { href: '/desk', class: 'tab' }, '工作台'),
          h('span', { class: 'quiet who' }, session.staff.name),
          iconButton('out', '退出登录', () => signOut()),
        ]),
      ])
    }
    function spans() {
      const own = !SPANS.some(({ code }) => code === wanted.span)
      const day = (name, label) =>
        h('label', null, [
          h('span', { class: 'quiet' }, label),
          h('input', { type: 'date', value: days.value[name], max: dayAhead(0), 'aria-label': name === 'from' ? '从哪天' : '到哪天', onChange: ({ target }) => target.value && choose({ span: 'own', ...days.value, [name]: target.value }) }),
        ])
      return h('div', { class: 'spans', role: 'group', 'aria-label': '时间' }, [
        ...SPANS.map(({ code, label }) =>
          button(label, { key: code, look: wanted.span === code ? 'primary' : 'plain', 'aria-pressed': String(wanted.span === code), onClick: () => choose({ span: code, from: '', to: '' }) }),
        ),
        h('span', { class: ['own-days', { on: own }] }, [day('from', '从'), day('to', '到')]),
      ])
    }
    function filterBar() {
      const faults = { any: '有问题的', ...list.value?.faults, all: '所有电话' }
      return h('div', { class: 'review-filter' }, [
        h('div', { class: 'chips', role: 'group', 'aria-label': '什么问题' },
          Object.entries(faults).map(([code, label]) =>
            h('button', { key: code, type: 'button', class: ['chip', { on: wanted.fault === code }], 'aria-pressed': String(wanted.fault === code), onClick: () => choose({ fault: code }) }, label),
          ),
        ),
        h('div', { class: 'chips', role: 'group', 'aria-label': '复核没有' }, [
          ...REVIEWED.map(({ code, label }) =>
            h('button', { key: code, type: 'button', class: ['chip', { on: wanted.reviewed === code }], 'aria-pressed': String(wanted.reviewed === code), onClick: () => choose({ reviewed: code }) }, label),
          ),
          wanted.operator
            ? h('button', { type: 'button', class: 'chip on', onClick: () => choose({ operator: '' }) }, [`只看${operatorName()} `, icon('close', { size: 12, label: '不只看' })])
            : null,
        ]),
      ])
    }
    function row(each) {
      const { call_id: id, faults, review } = each
      const figure = (label, value) => h('span', { class: 'row-figure' }, [h('span', { class: 'quiet' }, label), value])
      return h('li', { key: id },
        h('button', { type: 'button', class: 'review-row', onClick: () => choose({ call: id }) }, [
          h('span', { class: 'row-when' }, [h('strong', null, shortTime(each.rang_at)), h('span', { class: 'quiet number' }, spoken(each.number) || '号码未显示')]),
          h('span', { class: 'row-who' }, each.operator?.name ?? '没有接通'),
          h('span', { class: 'fault-tags' }, faults.length ? faults.map((fault) => h('span', { key: fault, class: 'tag care' }, list.value.faults[fault])) : h('span', { class: 'quiet' }, '没有问题')),
          h('span', { class: 'row-figures' }, [
            figure('等', seconds(each.waited_seconds)),
            each.recognised ? figure('改字', `${each.corrected}/${each.recognised}（${percent(each.error_rate)}）`) : null,
            each.seconds_to_file !== null ? figure('立案', seconds(each.seconds_to_file)) : null,
          ]),
          h('span', { class: 'row-review' }, review ? h('span', { class: ['tag', review.grade === 'poor' ? 'care' : 'done'] }, list.value.grades[review.grade]) : h('span', { class: 'quiet' }, '未复核')),
        ]),
      )
    }
    function calls() {
      if (listProblem.value && !list.value) return problemNote(listProblem.value, () => lookThrough())
      if (!list.value) return h('div', { class: 'card' }, skeleton(6))
      const { items, count, order } = list.value
      if (!items.length) {
        const none = figures.value?.total.calls === 0
        return none
          ? emptyPlace('phone', '这段时间没有来电', h('p', null, '换一段时间看看。练习的电话不算。'))
          : emptyPlace('check', '没有要看的电话', h('p', null, '电话结束、文字写完以后才列在这里；也可以换个条件。'))
      }
      return [
        h('p', { class: 'quiet small order' }, [`共 ${count} 通。`, order]),
        h('ul', { class: 'review-list', 'aria-label': '待看的电话' }, items.map(row)),
        problemNote(listProblem.value, () => lookThrough(items.length)),
        items.length < count ? button('再看一些', { onClick: () => lookThrough(items.length) }) : null,
      ]
    }
    function operatorCell({ operator }) {
      if (!operator) return '没有接通'
      return h('button', { type: 'button', class: 'figure-link', title: '看这位坐席的电话', onClick: () => choose({ operator: operator.id, tab: 'review' }) }, operator.name)
    }
    function below() {
      if (wanted.tab === 'review') return [filterBar(), calls()]
      if (!figures.value) return h('div', { class: 'card' }, skeleton(6))
      return wanted.tab === 'operators'
        ? breakdown(figures.value.operators, '坐席', operatorCell)
        : breakdown(figures.value.days, '日期', ({ day }) => day)
    }
    function tabKeys(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
      if (!step) return
      event.preventDefault()
      const at = TABS.findIndex(({ code }) => code === wanted.tab)
      const { code } = TABS[(at + step + TABS.length) % TABS.length]
      choose({ tab: code })
      document.getElementById(`tab-${code}`)?.focus()
    }

    return () =>
      h('div', { class: 'quality-page' }, [
        top(),
        h('main', { class: 'page' }, [
          h('header', { class: 'page-head' }, [
            h('h1', null, '通话质量'),
            spans(),
            h('a', { class: 'button plain at-end', href: exported(wanted.tab === 'review' ? 'calls' : wanted.tab), download: '' }, '导出 CSV'),
          ]),
          problemNote(problem.value, () => look()),
          figures.value ? tiles(figures.value) : problem.value ? null : h('div', { class: 'card' }, skeleton(3)),
          figures.value ? definitionList(figures.value.definitions) : null,
          h('div', { class: 'tabs', role: 'tablist', 'aria-label': '怎样看', onKeydown: tabKeys },
            TABS.map(({ code, label }) =>
              h('button', { key: code, id: `tab-${code}`, type: 'button', role: 'tab', 'aria-controls': 'quality-below', 'aria-selected': String(wanted.tab === code), tabindex: wanted.tab === code ? 0 : -1, class: ['tab', { on: wanted.tab === code }], onClick: () => choose({ tab: code }) }, label),
            ),
          ),
          h('section', { id: 'quality-below', role: 'tabpanel', 'aria-labelledby': `tab-${wanted.tab}` }, below()),
        ]),
        wanted.call && list.value
          ? h(CallReview, {
              callId: wanted.call,
              faults: list.value.faults,
              grades: list.value.grades,
              hasNext: Boolean(after.value),
              onReviewed: reviewed,
              onNext: () => choose({ call: after.value?.call_id ?? '' }),
              onClose: () => choose({ call: '' }),
            })
          : null,
        idleNotice(),
      ])
  },
}
