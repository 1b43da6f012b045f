// The right side: one case, everything that is known of it.

import { h, nextTick, ref, shallowReactive, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { CopyButton, button, emptyPlace, iconButton, problemNote, skeleton } from './controls.js'
import { CATEGORY_KINDS, FINAL_STATES, channelOf, precisionOf, stateOf } from './labels.js'
import { ago, fullTime, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { go, link, route } from './router.js'
import { categoryOf } from './reference.js'
import { corrects, releases, revealsReporters } from './session.js'
import { listAddress, queue } from './queue.js'
import { clockTag, stateTag, urgencyTag } from './case_list.js'
import { CaseMap } from './case_map.js'
import { Attachments } from './attachments.js'
import { KEYS, useShortcuts } from './shortcuts.js'
import { timeline } from './timeline.js'
import { transcript } from './transcript.js'
import { CorrectSheet } from './correct_sheet.js'
import { Publicity } from './publicity.js'
import { clockExplanation } from './clock_explanation.js'

const section = (title, children, extra = null) =>
  h('section', { class: 'block' }, [h('h3', null, [title, extra]), ...[children].flat()])

/** The keys as a table, for an empty pane and for `?`. */
export function keyTable() {
  return h(
    'dl',
    { class: 'keys' },
    KEYS.flatMap(({ keys, words }) => [
      h(
        'dt',
        null,
        keys.map((key) => h('kbd', null, key)),
      ),
      h('dd', null, words),
    ]),
  )
}

function place(location) {
  const precision = precisionOf(location.precision)
  const where = [location.town, location.community].filter(Boolean).join(' ')
  return [
    h('p', { class: 'place-text' }, [icon('pin'), h('span', null, location.text || '没有说明地点')]),
    h('p', { class: 'place-facts' }, [
      h('span', { class: ['tag', precision.sure ? 'done' : 'care'], title: precision.help }, precision.label),
      location.name && location.name !== location.text ? h('span', null, `对应：${location.name}`) : null,
      where ? h('span', null, where) : null,
      location.grid_cell
        ? h('span', { title: '万米单元网格编号，约 100 米见方' }, ['网格 ', h('code', null, location.grid_cell)])
        : null,
    ]),
    precision.sure ? null : h('p', { class: 'quiet' }, `${precision.help}。`),
    Number.isFinite(location.lat) ? h(CaseMap, { location }) : null,
  ]
}

export const CasePane = {
  setup() {
    const shown = shallowReactive({
      number: '',
      item: null,
      events: null,
      intact: undefined,
      problem: null,
      eventsProblem: null,
      clock: null,
      clockProblem: null,
      clockOpen: false,
      clockBusy: false,
      revealed: null,
      revealBusy: false,
      revealProblem: null,
      correcting: false,
    })
    const scroller = ref(null)
    const head = ref(null)
    let way = null

    async function open(number) {
      way?.abort()
      way = new AbortController()
      const { signal } = way
      if (number !== shown.number) {
        Object.assign(shown, {
          number,
          item: null,
          events: null,
          intact: undefined,
          clock: null,
          clockOpen: false,
          clockProblem: null,
          revealed: null,
          revealProblem: null,
          correcting: false,
        })
        scroller.value?.scrollTo({ top: 0 })
      }
      if (!number) return
      Object.assign(shown, { problem: null, eventsProblem: null })
      const at = `/cases/${number}`
      await Promise.all([
        ask('GET', at, { signal })
          .then((item) => {
            shown.item = item
          })
          .catch((error) => {
            if (!isAbort(error)) shown.problem = error
          }),
        ask('GET', `${at}/events`, { signal })
          .then((answer) => {
            shown.events = answer.items
            shown.intact = answer.intact
          })
          .catch((error) => {
            if (!isAbort(error)) shown.eventsProblem = error
          }),
      ])
      if (shown.clockOpen) await explainClock()
    }
    watch(
      () => route.params.number ?? '',
      async (number) => {
        await open(number)
        // on a phone the case is a page of its own: readers begin at its head
        await nextTick()
        if (number && window.matchMedia('(max-width: 759px)').matches) head.value?.focus({ preventScroll: true })
      },
      { immediate: true },
    )
    // somebody else moved the case: the list saw it, so look again
    watch(
      () => {
        const row = queue.items.find((item) => item.case_no === shown.number)
        return row && `${row.status} ${row.due_at} ${row.department?.id}`
      },
      (seen, before) => {
        const item = shown.item
        if (seen && before && item && seen !== `${item.status} ${item.due_at} ${item.department?.id}`)
          open(shown.number)
      },
    )

    async function explainClock() {
      const number = shown.number
      shown.clockBusy = true
      shown.clockProblem = null
      try {
        const clock = await ask('GET', `/cases/${number}/clock`)
        if (number === shown.number) shown.clock = clock
      } catch (error) {
        if (number === shown.number) shown.clockProblem = error
      } finally {
        shown.clockBusy = false
      }
    }
    function toggleClock() {
      shown.clockOpen = !shown.clockOpen
      if (shown.clockOpen && !shown.clock) explainClock()
    }

    async function reveal() {
      const number = shown.number
      shown.revealBusy = true
      shown.revealProblem = null
      try {
        const item = await ask('GET', `/cases/${number}`, { query: { reveal: 'reporter' } })
        if (number === shown.number) shown.revealed = item
      } catch (error) {
        if (number === shown.number) shown.revealProblem = error
      } finally {
        shown.revealBusy = false
      }
    }

    function corrected(item) {
      shown.correcting = false
      const at = queue.items.findIndex((row) => row.case_no === item.case_no)
      if (at >= 0) queue.items[at] = item
      open(shown.number)
    }
    function lookAgain() {
      shown.correcting = false
      open(shown.number)
    }

    const close = () => route.name === 'case' && go(listAddress())
    useShortcuts({
      Escape: close,
      c: () => shown.item && navigator.clipboard?.writeText(shown.item.case_no).catch(() => null),
    })

    function reporter(item) {
      const person = (shown.revealed ?? item).reporter ?? {}
      const known = person.name || person.phone
      return [
        h('span', { class: 'reporter' }, [
          known
            ? [person.name, person.phone].filter(Boolean).join('　')
            : item.reporter?.confidential
              ? '姓名和电话不公开'
              : '没有留下姓名和电话',
          item.reporter?.confidential
            ? h('span', { class: 'tag care' }, [icon('lock', { size: 12 }), '要求保密'])
            : null,
          known && revealsReporters.value
            ? shown.revealed
              ? button('隐藏', {
                  look: 'quiet',
                  onClick: () => {
                    shown.revealed = null
                  },
                })
              : button('显示', {
                  look: 'quiet',
                  glyph: 'eye',
                  busy: shown.revealBusy,
                  onClick: reveal,
                  title: '显示姓名和电话；这次查看会记入审计',
                })
            : null,
        ]),
        shown.revealed ? h('span', { class: 'quiet', role: 'status' }, '这次查看已记入审计。') : null,
        shown.revealProblem ? h('span', { class: 'bad', role: 'alert' }, shown.revealProblem.detail) : null,
      ]
    }

    function facts(item) {
      const channel = channelOf(item.channel)
      const supporting = (item.supporting ?? []).map((unit) => unit.name).join('、')
      const pair = (term, children) => [h('dt', null, term), h('dd', null, children)]
      return h('dl', { class: 'facts' }, [
        ...pair('主办部门', [
          item.department?.name ?? '未定',
          supporting ? h('span', { class: 'quiet' }, `协办：${supporting}`) : null,
          item.basis ? h('span', { class: 'quiet' }, `依据：${item.basis}`) : null,
        ]),
        ...pair(
          '应办结',
          item.due_at
            ? [
                h('time', { datetime: item.due_at, title: fullTime(item.due_at) }, shortTime(item.due_at)),
                button(shown.clockOpen ? '收起算法' : '怎么算的', {
                  look: 'quiet',
                  onClick: toggleClock,
                  busy: shown.clockBusy,
                  'aria-expanded': String(shown.clockOpen),
                }),
              ]
            : '定了分类才有时限',
        ),
        ...(shown.clockOpen
          ? [
              h('dd', { class: 'across' }, [
                problemNote(shown.clockProblem, explainClock),
                shown.clock ? clockExplanation(shown.clock) : shown.clockProblem ? null : skeleton(4),
              ]),
            ]
          : []),
        ...pair('收到', [
          h('time', { datetime: item.received_at, title: fullTime(item.received_at) }, shortTime(item.received_at)),
          h('span', { class: 'quiet' }, ago(item.received_at)),
        ]),
        ...(item.occurred_at ? pair('发生', h('time', null, shortTime(item.occurred_at))) : []),
        ...pair('来源', [icon(channel.icon), channel.label]),
        ...pair('反映人', reporter(item)),
      ])
    }

    function body(item) {
      const files = item.attachments ?? []
      // phone numbers within the words are masked together with the reporter's
      const said = shown.revealed ?? item
      return [
        h('p', { class: 'description' }, said.description),
        facts(item),
        section('地点', place(said.location ?? {})),
        files.length
          ? section('照片和录音', h(Attachments, { files }), h('span', { class: 'quiet' }, `${files.length} 件`))
          : null,
        said.transcript?.length ? transcript(said.transcript) : null,
        releases.value
          ? h(Publicity, { number: item.case_no, version: item.version, onDone: () => open(shown.number) })
          : null,
        section(
          '经过',
          [
            problemNote(shown.eventsProblem, () => open(shown.number)),
            shown.events ? timeline(shown.events, shown.intact) : shown.eventsProblem ? null : skeleton(4),
          ].flat(),
        ),
      ]
    }

    function heading(item) {
      const category = item.category
      return [
        h('div', { class: 'case-title' }, [
          h('h2', { class: 'number', tabindex: -1, ref: head }, grouped(item.case_no)),
          h(CopyButton, { text: item.case_no, words: '复制编号（c）', small: true }),
          stateTag(item.status),
          clockTag(item),
        ]),
        h('p', { class: 'case-category' }, [
          h('strong', null, category?.name ?? '未分类'),
          urgencyTag(item.urgency),
          category
            ? h(
                'span',
                { class: 'quiet' },
                [category.code, CATEGORY_KINDS[categoryOf(category.code)?.kind], category.division]
                  .filter(Boolean)
                  .join(' · '),
              )
            : h('span', { class: 'quiet' }, stateOf(item.status).help),
          corrects.value && !FINAL_STATES.has(item.status)
            ? button('更正', {
                look: 'quiet',
                title: '更正分类或地点',
                onClick: () => {
                  shown.correcting = true
                },
              })
            : null,
        ]),
      ]
    }

    return () => {
      if (!shown.number) {
        return h(
          'section',
          { class: 'pane vacant', 'aria-label': '案件详情' },
          emptyPlace('keys', '选一件案件看详情', keyTable()),
        )
      }
      const { item } = shown
      return h('section', { class: 'pane', 'aria-label': '案件详情', 'aria-busy': String(!item && !shown.problem) }, [
        h('header', { class: 'pane-head' }, [
          link(
            listAddress(),
            { class: 'icon-button to-list', 'aria-label': '回到列表', title: '回到列表' },
            icon('back'),
          ),
          h(
            'div',
            { class: 'case-heading' },
            item
              ? heading(item)
              : [
                  h(
                    'div',
                    { class: 'case-title' },
                    h('h2', { class: 'number', tabindex: -1, ref: head }, grouped(shown.number)),
                  ),
                ],
          ),
          h('div', { class: 'to-close' }, iconButton('close', '关闭（Esc）', close)),
        ]),
        h(
          'div',
          { class: 'pane-body', ref: scroller },
          [
            shown.problem
              ? shown.problem.status === 404
                ? emptyPlace('search', '没有这件案件', [
                    h('p', null, shown.problem.detail),
                    link(listAddress(), { class: 'button plain' }, '回到列表'),
                  ])
                : problemNote(shown.problem, () => open(shown.number))
              : null,
            item
              ? body(item)
              : shown.problem
                ? null
                : [skeleton(4), h('div', { class: 'skeleton block-shape', 'aria-hidden': 'true' }), skeleton(4)],
          ].flat(),
        ),
        item && shown.correcting
          ? h(CorrectSheet, {
              item,
              onDone: corrected,
              onStale: lookAgain,
              onClose: () => {
                shown.correcting = false
              },
            })
          : null,
      ])
    }
  },
}
