// My work: what waits for me, list by list in the order of urgency, each with its most urgent cases.

import { h, onBeforeUnmount, reactive, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { emptyPlace, problemNote, skeleton } from './controls.js'
import { roleLabel } from './labels.js'
import { address, link } from './router.js'
import { SearchField } from './filter_rail.js'
import { caseRow } from './case_list.js'
import { NextCase } from './next_case.js'
import { countWords, countWork, isSettled, orderOf, waiting, whileLooking, work, workAddress } from './work.js'
import { session } from './session.js'
import { useShortcuts } from './shortcuts.js'

const FIRST = 3

export const HomePage = {
  setup() {
    const first = reactive({})
    let way = null

    async function fill() {
      way?.abort()
      way = new AbortController()
      const { signal } = way
      await Promise.all(
        work.items.map(async ({ work: code, count }) => {
          if (!count) {
            first[code] = []
            return
          }
          const order = orderOf(code)
          try {
            const answer = await ask('GET', '/cases', {
              query: { work: code, limit: FIRST, order },
              signal,
              background: true,
            })
            first[code] = answer.items
          } catch (error) {
            // the list itself says what is wrong when it is opened
            if (!isAbort(error)) first[code] ??= []
          }
        }),
      )
    }
    watch(() => work.changed, fill, { immediate: true })
    // the counts may stay the same while one case goes and another comes
    const stop = whileLooking(fill)
    onBeforeUnmount(() => {
      stop()
      way?.abort()
    })

    const all = () => [...document.querySelectorAll('.home a.row')]
    function move(step) {
      const found = all()
      const at = found.indexOf(document.activeElement)
      found[at < 0 ? 0 : Math.max(0, Math.min(found.length - 1, at + step))]?.focus()
    }
    useShortcuts({
      j: () => move(1),
      k: () => move(-1),
      r: () => countWork(),
      '/': () => document.querySelector('.home .search input')?.focus(),
    })

    const rows = (item) => {
      if (!item.count) return null
      if (!first[item.work]) return skeleton(3)
      return h(
        'ul',
        { class: 'row-list' },
        first[item.work].map((each) =>
          caseRow(each, address(`/cases/${each.case_no}`, { work: item.work }), isSettled(item.work)),
        ),
      )
    }
    const card = (item, i) =>
      h('section', { key: item.work, class: ['work', { none: !item.count }], 'aria-label': item.label }, [
        link(workAddress(item.work), { class: 'work-head' }, [
          h('strong', { class: 'work-count' }, countWords(item)),
          h('span', { class: 'work-title' }, [h('h2', null, item.label), h('span', { class: 'quiet' }, item.help)]),
          item.late && item.work !== 'overdue' && (!item.over || item.work === 'call_back')
            ? h('span', { class: 'clock late' }, [icon('alert', { size: 13 }), `${item.late} 件超时`])
            : null,
          i < 9 ? h('kbd', { 'aria-hidden': 'true' }, String(i + 1)) : null,
        ]),
        rows(item),
        item.count > FIRST
          ? link(workAddress(item.work), { class: 'work-all' }, [
              `全部 ${countWords(item)} 件`,
              icon('next', { size: 12 }),
            ])
          : null,
      ])

    return () =>
      h('main', { class: 'page home' }, [
        h('div', { class: 'home-head' }, [
          h('h1', null, '我的工作'),
          h(
            'span',
            { class: 'quiet', role: 'status' },
            work.state === 'ready'
              ? `${[session.staff.department?.name, session.staff.roles.map(roleLabel).join('、')].filter(Boolean).join(' · ')}，${waiting() ? `共 ${waiting()} 件等您` : '现在没有等您的'}`
              : '',
          ),
          h(NextCase),
          h(SearchField, { whole: true }),
        ]),
        problemNote(work.problem, () => countWork()),
        work.state === 'loading' ? skeleton(6) : null,
        h('div', { class: 'works' }, work.items.map(card)),
        work.state === 'ready' && !work.items.length
          ? emptyPlace(
              'inbox',
              '这个岗位没有办理的案件',
              link(address('/cases'), { class: 'button plain' }, '看全部案件'),
            )
          : null,
      ])
  },
}
