// The audit trail, for the auditor: who did what, when, from where. The filters are in the address.

import { computed, h, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { ChoiceBox, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { fullTime } from './clock.js'
import { address, go, route } from './router.js'

const RESULTS = [
  { value: 'ok', label: '成功' },
  { value: 'failed', label: '未成功' },
  { value: 'refused', label: '被拒' },
  { value: 'code_required', label: '待验证码' },
]
const TONES = { ok: 'done', failed: 'care', refused: 'care', code_required: 'off' }
const NAMES = ['from', 'to', 'actor', 'action', 'target', 'result']

export const AuditPage = {
  setup() {
    const items = ref(null)
    const next = ref(null)
    const actions = ref([])
    const problem = ref(null)
    const loadingMore = ref(false)
    const wanted = computed(() => Object.fromEntries(NAMES.map((name) => [name, route.query[name] ?? ''])))
    const filtered = computed(() => NAMES.some((name) => wanted.value[name]))
    let way = null

    async function look() {
      way?.abort()
      const { signal } = (way = new AbortController())
      problem.value = null
      items.value = null
      try {
        const answer = await ask('GET', '/audit', { query: wanted.value, signal })
        items.value = answer.items
        next.value = answer.next
        actions.value = Object.entries(answer.actions).map(([value, label]) => ({ value, label }))
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      }
    }
    async function more() {
      loadingMore.value = true
      try {
        const answer = await ask('GET', '/audit', { query: { ...wanted.value, cursor: next.value }, signal: way.signal })
        items.value.push(...answer.items)
        next.value = answer.next
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      } finally {
        loadingMore.value = false
      }
    }
    watch(() => JSON.stringify(wanted.value), look, { immediate: true })

    const choose = (name, value) => go(address('/audit', { ...wanted.value, [name]: value }), { replace: true })
    const typed = (name) => (event) => choose(name, event.target.value.trim())
    const field = (name, label, props) =>
      h('div', { class: 'field' }, [
        h('label', { for: `audit-${name}` }, label),
        h(
          'div',
          { class: 'input' },
          h('input', { id: `audit-${name}`, value: wanted.value[name], onChange: typed(name), ...props }),
        ),
      ])
    const exported = computed(
      () => `/api/v1/audit/export?${new URLSearchParams(Object.entries(wanted.value).filter(([, value]) => value))}`,
    )
    const cell = (title, children) => h('td', { 'data-title': title }, h('span', null, children))
    const row = (item) =>
      h('tr', { key: item.seq }, [
        h('td', { 'data-title': '时间' }, h('time', { title: fullTime(item.at) }, fullTime(item.at))),
        cell('人员', [
          h('strong', null, item.actor.name || '不明'),
          /^\d+$/.test(item.actor.id) ? h('small', { class: 'quiet' }, ` ${item.actor.id} 号`) : null,
        ]),
        cell('动作', item.action_label),
        h('td', { 'data-title': '对象' }, h('code', { class: 'audit-target' }, item.target)),
        h(
          'td',
          { 'data-title': '结果' },
          h('span', { class: ['tag', TONES[item.result] ?? 'off'] }, item.result_label),
        ),
        cell('地址', item.address || h('span', { class: 'quiet' }, '本机')),
        h(
          'td',
          { 'data-title': '序号' },
          h('span', { class: 'audit-seq', title: `封印 ${item.hash}` }, String(item.seq)),
        ),
      ])

    return () =>
      h('main', { class: 'page audit' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '审计'),
          h('span', { class: 'quiet' }, '工作人员的每个动作，不能改、不能删；查看和导出也会记下'),
          button('刷新', { glyph: 'refresh', class: 'at-end', onClick: look }),
          h('a', { class: 'button plain', href: exported.value, download: 'audit.csv' }, '导出 CSV'),
        ]),
        h('form', { class: 'audit-filter', onSubmit: (event) => event.preventDefault(), 'aria-label': '筛选' }, [
          field('from', '从', { type: 'date' }),
          field('to', '到（含）', { type: 'date' }),
          field('actor', '人员', { type: 'search', placeholder: '姓名或编号', maxlength: 60 }),
          h(ChoiceBox, {
            label: '动作',
            options: actions.value,
            value: wanted.value.action,
            onPick: (value) => choose('action', value),
          }),
          field('target', '对象', { type: 'search', placeholder: '如 case:483920175', maxlength: 200 }),
          h(ChoiceBox, {
            label: '结果',
            options: RESULTS,
            value: wanted.value.result,
            onPick: (value) => choose('result', value),
          }),
        ]),
        problemNote(problem.value, look),
        !items.value && !problem.value ? h('div', { class: 'card' }, skeleton(10)) : null,
        items.value && !items.value.length
          ? emptyPlace('search', '没有相符的记录', [
              h('p', null, '放宽时间或去掉一些条件。'),
              filtered.value ? button('全部记录', { onClick: () => go(address('/audit')) }) : null,
            ])
          : null,
        items.value?.length
          ? h(
              'div',
              { class: 'table-box' },
              h('table', { class: 'staff' }, [
                h(
                  'thead',
                  null,
                  h(
                    'tr',
                    null,
                    ['时间', '人员', '动作', '对象', '结果', '地址', '序号'].map((title) =>
                      h('th', { scope: 'col' }, title),
                    ),
                  ),
                ),
                h('tbody', null, items.value.map(row)),
              ]),
            )
          : null,
        next.value && items.value
          ? h('p', { class: 'list-end' }, button('更早的', { busy: loadingMore.value, onClick: more }))
          : null,
      ])
  },
}
