// The figures: counts and rates of a period, broken down; behind each count its cases; the departments' scores.

import { computed, h, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { Sheet, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { shortTime } from './clock.js'
import { stateTag } from './case_tags.js'
import { address, go, link, route } from './router.js'
import { grouped } from './case_number.js'

const BY = [
  { code: '', label: '合计' },
  { code: 'department', label: '负责部门' },
  { code: 'town', label: '街镇' },
  { code: 'division', label: '分区' },
  { code: 'category', label: '类别' },
  { code: 'channel', label: '渠道' },
  { code: 'day', label: '日期' },
  { code: 'score', label: '部门计分' },
]
/** The dimensions by whose value the cases behind a number can be asked for. */
const ASKED_BY = ['department', 'town', 'category', 'channel']
const COUNTS = ['received', 'filed', 'due', 'due_closed', 'due_in_time', 'overdue', 'returned', 'reworked', 'answered']
const NAMES = ['from', 'to', 'by']

export const FiguresPage = {
  setup() {
    const view = ref(null)
    const problem = ref(null)
    const behind = ref(null)
    const wanted = computed(() => Object.fromEntries(NAMES.map((name) => [name, route.query[name] ?? ''])))
    const scored = computed(() => wanted.value.by === 'score')
    let way = null

    async function look() {
      way?.abort()
      const { signal } = (way = new AbortController())
      problem.value = null
      view.value = null
      const { by, ...period } = wanted.value
      try {
        const answer = scored.value
          ? await ask('GET', '/figures/scorecard', { query: period, signal })
          : await ask('GET', '/figures', { query: { ...period, by }, signal })
        view.value = { ...answer, by }
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      }
    }
    watch(() => JSON.stringify(wanted.value), look, { immediate: true })

    const choose = (change) => go(address('/figures', { ...wanted.value, ...change }), { replace: true })

    async function open(row, measure) {
      const { by, ...period } = wanted.value
      const query = { ...period, measure, ...(ASKED_BY.includes(by) && row.key ? { [by]: row.key } : {}) }
      const title = `${row.label} · ${view.value.measures[measure]} ${row.counts[measure]} 件`
      behind.value = { title, query, items: null, next: null, problem: null }
      await more()
    }
    async function more() {
      const shown = behind.value
      try {
        const page = await ask('GET', '/figures/cases', { query: { ...shown.query, cursor: shown.next } })
        if (behind.value === shown) {
          behind.value = { ...shown, items: [...(shown.items ?? []), ...page.items], next: page.next, problem: null }
        }
      } catch (error) {
        if (behind.value === shown) behind.value = { ...shown, problem: error }
      }
    }

    const exported = (format) => {
      const { by, ...period } = wanted.value
      const query = { ...period, format, ...(scored.value ? { table: 'scorecard' } : by ? { by } : {}) }
      return `/api/v1/figures/export?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`
    }
    const day = (name, label) =>
      h('div', { class: 'field' }, [
        h('label', { for: `figures-${name}` }, label),
        h(
          'div',
          { class: 'input' },
          h('input', {
            id: `figures-${name}`,
            type: 'date',
            value: wanted.value[name] || shownDay(name),
            onChange: (event) => choose({ [name]: event.target.value }),
          }),
        ),
      ])
    function shownDay(name) {
      if (!view.value) return ''
      if (name === 'from') return view.value.start.slice(0, 10)
      // the end is the midnight after the last day
      return view.value.end ? new Date(new Date(view.value.end) - 12 * 3600_000).toISOString().slice(0, 10) : ''
    }

    const number = (row, measure) => {
      const count = row.counts[measure]
      const asks = count > 0 && (!row.key || ASKED_BY.includes(wanted.value.by))
      return h(
        'td',
        { key: measure, class: 'num'},
        asks
          ? h('button', { type: 'button', class: 'figure-link', title: '看是哪些案件', onClick: () => open(row, measure) }, count)
          : String(count),
      )
    }
    const figures = (row, { total = false } = {}) =>
      h('tr', { key: row.key || 'total', class: { total } }, [
        h('th', { scope: 'row' }, row.label),
        ...COUNTS.map((measure) => number(row, measure)),
        ...row.rates.map((rate) =>
          h(
            'td',
            { key: rate.code, class: ['num', 'rate'], title: explained(row, rate) },
            rate.text,
          ),
        ),
      ])
    const explained = (row, rate) =>
      `${rate.definition}：${row.counts[rate.numerator]} ÷ ${row.counts[rate.denominator]}`

    const table = () =>
      h('div', { class: 'table-box figures-box', tabindex: 0, role: 'region', 'aria-label': '指标表' }, [
        h('table', { class: 'figures-table' }, [
          h('thead', null, [
            h('tr', null, [
              h('th', { scope: 'col' }, BY.find(({ code }) => code === view.value.by)?.label),
              ...COUNTS.map((measure) => h('th', { scope: 'col', class: 'num' }, view.value.measures[measure])),
              ...view.value.total.rates.map((rate) =>
                h('th', { scope: 'col', class: 'num', title: rate.definition }, rate.label),
              ),
            ]),
          ]),
          h('tbody', null, [...view.value.rows.map((row) => figures(row)), figures(view.value.total, { total: true })]),
        ]),
      ])

    const score = () =>
      view.value.rows.length
        ? h('div', { class: 'table-box figures-box', tabindex: 0, role: 'region', 'aria-label': '指标表' }, [
            h('table', { class: 'figures-table' }, [
              h('thead', null, [
                h('tr', null, [
                  h('th', { scope: 'col' }, '部门'),
                  h('th', { scope: 'col', class: 'num' }, '立案'),
                  h('th', { scope: 'col', class: 'num' }, '得分'),
                  ...view.value.rows[0].parts.map((part) =>
                    h('th', { scope: 'col', class: 'num', title: part.definition }, `${part.label}（${part.weight}）`),
                  ),
                ]),
              ]),
              h(
                'tbody',
                null,
                view.value.rows.map((row) =>
                  h('tr', { key: row.department.id }, [
                    h('th', { scope: 'row' }, row.department.name),
                    h('td', { class: 'num'}, String(row.filed)),
                    h('td', { class: 'num'}, h('strong', null, row.score ?? '—')),
                    ...row.parts.map((part) =>
                      h('td', { class: 'num', title: `得 ${part.points ?? '—'} 分` }, part.text),
                    ),
                  ]),
                ),
              ),
            ]),
          ])
        : emptyPlace('search', '这段时间没有立案', h('p', null, '换一段时间看看。'))

    const definitions = () =>
      h('details', { class: 'card figures-definitions' }, [
        h('summary', null, '每个数字怎么算的'),
        h('p', null, '除“受理”按收到的日期外，都只算这段时间里立案的案件；“应结案”是到期的和已经结案的。点数字看是哪些案件。'),
        h(
          'dl',
          { class: 'facts' },
          view.value.total.rates.flatMap((rate) => [h('dt', null, rate.label), h('dd', null, rate.definition)]),
        ),
      ])

    const cases = () => {
      const shown = behind.value
      return [
        problemNote(shown.problem, more),
        shown.items
          ? h(
              'ul',
              { class: 'figure-cases' },
              shown.items.map((item) =>
                h('li', { key: item.case_no }, [
                  link(address(`/cases/${item.case_no}`), { class: 'number' }, grouped(item.case_no)),
                  stateTag(item.status),
                  h('span', null, item.category?.name ?? '未分类'),
                  h('span', { class: 'quiet' }, item.location.text || '地点不详'),
                  h('time', { class: 'quiet', datetime: item.received_at }, shortTime(item.received_at)),
                ]),
              ),
            )
          : shown.problem
            ? null
            : skeleton(6),
        shown.next ? button('再看一些', { onClick: more }) : null,
      ]
    }

    return () =>
      h('main', { class: 'page figures-page' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '指标'),
          view.value ? h('span', { class: 'quiet' }, `截至 ${shortTime(view.value.as_of)}`) : null,
          h('a', { class: 'button plain at-end', href: exported('xlsx'), download: '' }, '导出 Excel'),
          h('a', { class: 'button plain', href: exported('csv'), download: '' }, '导出 CSV'),
        ]),
        h('form', { class: 'figures-entry', onSubmit: (event) => event.preventDefault(), 'aria-label': '统计范围' }, [
          day('from', '从'),
          day('to', '到（含）'),
          h(
            'div',
            { class: 'figures-by', role: 'group', 'aria-label': '怎样分' },
            BY.map(({ code, label }) =>
              button(label, {
                key: code,
                look: code === wanted.value.by ? 'primary' : 'plain',
                'aria-pressed': String(code === wanted.value.by),
                onClick: () => choose({ by: code }),
              }),
            ),
          ),
        ]),
        problemNote(problem.value, look),
        !view.value && !problem.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        view.value && scored.value ? [h('p', { class: 'quiet figures-formula' }, view.value.formula), score()] : null,
        view.value?.total ? [table(), definitions()] : null,
        view.value ? h('p', { class: 'quiet figures-basis' }, view.value.basis) : null,
        behind.value
          ? h(
              Sheet,
              {
                title: behind.value.title,
                wide: true,
                onClose: () => {
                  behind.value = null
                },
              },
              cases,
            )
          : null,
      ])
  },
}
