// The responsibility matrix (三定): who is responsible for what and where, tried out, changed with a reason, and told.

import { computed, h, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { ChoiceBox, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { address, go, link, route } from './router.js'
import { editsMatrix } from './session.js'
import { DryRunBox } from './dry_run_box.js'
import {
  AddRuleSheet,
  EndRuleSheet,
  ImportSheet,
  areaOptions,
  departmentOptions,
  patternOptions,
  ruleWords,
} from './responsibility_sheets.js'

const VIEWS = [
  { code: '', label: '现行' },
  { code: 'coming', label: '将生效' },
  { code: 'over', label: '已终止' },
  { code: 'history', label: '变更记录' },
]
const SOURCES = [
  { value: 'city', label: '城市数据' },
  { value: 'ruling', label: '裁定' },
  { value: 'desk', label: '督办维护' },
]
const FILTERS = ['category', 'area', 'department', 'source']
const DRAWN = 100
const FIRST_LINES = 6
const BASIS_TONES = { 商定: 'busy', 指定: 'review' }
const CHANGE_TONES = { added: 'done', ended: 'off', imported: 'busy', ruling: 'review', city: 'new' }

const span = ({ valid_from: from, valid_to: to }) => {
  if (!from && !to) return '不限'
  if (from && to && to < from) return `当天终止（${from}）`
  return `${from ?? ''} 至 ${to ?? '不限'}`
}

function Origin(rule) {
  const told = [rule.added_by && rule.source !== 'city' ? rule.added_by : '', rule.reason].filter(Boolean).join('：')
  return h('span', { title: told || undefined }, [
    rule.source_label,
    rule.case_no ? [' ', link(address(`/cases/${rule.case_no}`), {}, grouped(rule.case_no))] : null,
    told ? h('small', { class: 'quiet origin' }, told) : null,
  ])
}

const changed = (mark, rule, i) =>
  h('li', { key: `${mark}${i}` }, [mark, ' ', ruleWords(rule), h('small', { class: 'quiet' }, `（${span(rule)}）`)])

function changeItem(change) {
  // a rule that was ended stands on both sides: as it was, and with its last day
  const ended = change.kind === 'ended'
  const lines = [
    ...(ended ? change.after : change.before).map((rule, i) => changed('－', rule, i)),
    ...(ended ? [] : change.after).map((rule, i) => changed('＋', rule, i)),
  ]
  const all = ended ? 1 : change.added + change.ended
  return h('li', { key: change.id, class: 'example' }, [
    h('div', { class: 'example-foot' }, [
      h('span', { class: ['tag', CHANGE_TONES[change.kind]] }, change.kind_label),
      h('span', null, change.by.name),
      h(
        'time',
        { class: 'quiet', datetime: change.at, title: fullTime(change.at) },
        `${shortTime(change.at)} · ${ago(change.at)}`,
      ),
      change.case_no ? link(address(`/cases/${change.case_no}`), {}, `案件 ${grouped(change.case_no)}`) : null,
      h('span', { class: 'quiet' }, change.reason),
    ]),
    h('ul', { class: 'changed' }, lines.slice(0, FIRST_LINES)),
    lines.length > FIRST_LINES
      ? h('details', { class: 'changed' }, [
          h('summary', null, `另有 ${all - FIRST_LINES} 条${all > lines.length ? `，列出前 ${lines.length} 条` : ''}`),
          h('ul', { class: 'changed' }, lines.slice(FIRST_LINES)),
        ])
      : null,
  ])
}

export const ResponsibilityPage = {
  setup() {
    const view = computed(() => (VIEWS.some(({ code }) => code === route.query.view) ? route.query.view : ''))
    const filters = computed(() => Object.fromEntries(FILTERS.map((name) => [name, route.query[name] ?? ''])))
    const rules = ref(null)
    const changes = ref(null)
    const next = ref(null)
    const problem = ref(null)
    const drawn = ref(DRAWN)
    const loadingMore = ref(false)
    const sheet = ref(null)
    let way = null

    async function look() {
      way?.abort()
      const { signal } = (way = new AbortController())
      problem.value = null
      rules.value = null
      changes.value = null
      drawn.value = DRAWN
      try {
        if (view.value === 'history') {
          const page = await ask('GET', '/responsibility/history', { signal })
          changes.value = page.items
          next.value = page.next
        } else {
          const query = { ...filters.value, state: view.value || 'in_force' }
          rules.value = (await ask('GET', '/responsibility', { query, signal })).items
        }
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      }
    }
    async function more() {
      loadingMore.value = true
      try {
        const page = await ask('GET', '/responsibility/history', { query: { cursor: next.value } })
        changes.value.push(...page.items)
        next.value = page.next
      } catch (error) {
        problem.value = error
      } finally {
        loadingMore.value = false
      }
    }
    watch(() => [view.value, ...Object.values(filters.value)].join('|'), look, { immediate: true })

    const to = (name, value) => address('/responsibility', { view: view.value, ...filters.value, [name]: value })
    const open = (what, rule = null) => () => {
      sheet.value = { what, rule }
    }
    const close = () => {
      sheet.value = null
    }
    const done = () => {
      close()
      look()
    }

    const filter = (name, label, options) =>
      h(ChoiceBox, {
        label,
        placeholder: '全部',
        options,
        value: filters.value[name],
        onPick: (value) => go(to(name, value)),
      })
    const cell = (title, children) => h('td', { 'data-title': title }, h('span', null, children))

    function row(rule) {
      return h('tr', { key: rule.id }, [
        cell('分类', [h('strong', null, rule.category_name), h('small', { class: 'quiet' }, ` ${rule.category}`)]),
        cell('范围', rule.area_name),
        cell('主办', [rule.lead.name, rule.silent ? h('span', { class: 'tag care' }, '部门已撤销') : null]),
        cell('协办', rule.supporting.map(({ name }) => name).join('、') || h('span', { class: 'quiet' }, '—')),
        cell('依据', h('span', { class: ['tag', BASIS_TONES[rule.basis] ?? 'off'] }, rule.basis)),
        cell('有效期', span(rule)),
        cell('来源', Origin(rule)),
        editsMatrix.value && view.value !== 'over'
          ? h('td', { class: 'row-do' }, button('终止', { look: 'quiet', onClick: open('end', rule) }))
          : null,
      ])
    }

    function table() {
      const titles = ['分类', '范围', '主办', '协办', '依据', '有效期', '来源']
      if (editsMatrix.value && view.value !== 'over') titles.push('')
      return h(
        'div',
        { class: 'table-box matrix' },
        h('table', { class: 'staff' }, [
          h('thead', null, h('tr', null, titles.map((title) => h('th', { scope: 'col' }, title)))),
          h('tbody', null, rules.value.slice(0, drawn.value).map(row)),
        ]),
      )
    }

    function nothing() {
      if (view.value === 'coming') return emptyPlace('clock', '没有将要生效的规则')
      if (view.value === 'over') return emptyPlace('check', '没有终止过规则')
      return emptyPlace('search', '没有符合的规则', link(address('/responsibility'), { class: 'button plain' }, '看全部'))
    }

    const tools = () =>
      h('div', { class: 'page-do' }, [
        h(
          'a',
          { class: 'button plain', href: '/api/v1/responsibility/export.csv', download: 'responsibility.csv' },
          '导出',
        ),
        editsMatrix.value ? button('导入', { onClick: open('import') }) : null,
        editsMatrix.value ? button('新增规则', { look: 'primary', glyph: 'plus', onClick: open('add') }) : null,
      ])

    return () =>
      h('main', { class: 'page responsibility' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '职责表'),
          h(
            'nav',
            { class: 'example-states', 'aria-label': '看什么' },
            VIEWS.map(({ code, label }) =>
              link(
                address('/responsibility', { ...filters.value, view: code }),
                {
                  key: code,
                  class: ['tab', { on: view.value === code }],
                  'aria-current': view.value === code ? 'page' : undefined,
                },
                label,
              ),
            ),
          ),
          tools(),
        ]),
        view.value === '' ? h(DryRunBox) : null,
        view.value === 'history'
          ? h('p', { class: 'quiet' }, '每次变更都记下谁、什么时候、为什么；记录只增不改。')
          : h('div', { class: 'matrix-filters' }, [
              filter('category', '分类', patternOptions()),
              filter('area', '范围', areaOptions()),
              filter('department', '部门（主办或协办）', departmentOptions()),
              filter('source', '来源', SOURCES),
              h('span', { class: 'quiet', role: 'status' }, rules.value ? `${rules.value.length} 条` : ''),
            ]),
        problemNote(problem.value, look),
        !rules.value && !changes.value && !problem.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        rules.value && !rules.value.length ? nothing() : null,
        rules.value?.length ? table() : null,
        rules.value && rules.value.length > drawn.value
          ? h(
              'p',
              { class: 'list-end' },
              button(`再显示（还有 ${rules.value.length - drawn.value} 条）`, {
                onClick: () => {
                  drawn.value += DRAWN
                },
              }),
            )
          : null,
        changes.value && !changes.value.length ? emptyPlace('clock', '还没有变更') : null,
        changes.value?.length ? h('ul', { class: 'examples' }, changes.value.map(changeItem)) : null,
        changes.value && next.value
          ? h('p', { class: 'list-end' }, button('更早的', { busy: loadingMore.value, onClick: more }))
          : null,
        sheet.value?.what === 'add' ? h(AddRuleSheet, { onClose: close, onDone: done }) : null,
        sheet.value?.what === 'end' ? h(EndRuleSheet, { rule: sheet.value.rule, onClose: close, onDone: done }) : null,
        sheet.value?.what === 'import' ? h(ImportSheet, { onClose: close, onDone: done }) : null,
      ])
  },
}
