// The right side: one case, everything that is known of it and everything that can be done with it.

import { computed, h, nextTick, onBeforeUnmount, ref, shallowReactive, watch } from './vue.js'
import { icon } from './icons.js'
import { CopyButton, button, emptyPlace, iconButton, problemNote, skeleton } from './controls.js'
import { CATEGORY_KINDS, FINAL_STATES, precisionOf, stateOf } from './labels.js'
import { ago, remaining, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { go, link, route } from './router.js'
import { categoryOf } from './reference.js'
import { calls, corrects, releases } from './session.js'
import { listAddress, load, queue } from './queue.js'
import { countWork } from './work.js'
import { acted, open, openCase, renew, watchOpenCase } from './open_case.js'
import { ClaimMark } from './claim_mark.js'
import { clockTag, stateTag, urgencyTag } from './case_tags.js'
import { CaseMap } from './case_map.js'
import { CaseFacts } from './case_facts.js'
import { TelephoneNews } from './telephone_news.js'
import { CallRecordings } from './call_recordings.js'
import { Attachments, evidence } from './attachments.js'
import { ACTIONS, inOrder } from './action_table.js'
import { ActionBar } from './action_bar.js'
import { ActionSheet } from './action_sheet.js'
import { CorrectSheet } from './correct_sheet.js'
import { hasTasks, sideTasks } from './side_tasks.js'
import { otherReporters, similarCases } from './similar_cases.js'
import { keyTable, useShortcuts } from './shortcuts.js'
import { stageBar } from './stage_bar.js'
import { timeline } from './timeline.js'
import { transcript } from './transcript.js'
import { Publicity } from './publicity.js'

const SAID_FOR = 8_000

const section = (title, children, extra = null) =>
  h('section', { class: 'block' }, [h('h3', null, [title, extra]), ...[children].flat()])

/** `added`: positions that residents sent later. */
function place(location, added) {
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
    Number.isFinite(location.lat) ? h(CaseMap, { location, others: added }) : null,
  ]
}

/** What the department says it did, where that is to be verified or was. */
function reported(item, events) {
  const last =
    ['reported_done', 'closed'].includes(item.status) && events?.findLast(({ kind }) => kind === 'reported_done')
  if (!last?.remark) return null
  return h('div', { class: 'reported' }, [
    h('p', { class: 'saying-head' }, [
      h('strong', null, '处置结果'),
      h('span', { class: 'quiet' }, last.actor?.name),
      h('time', { class: 'quiet', datetime: last.at }, shortTime(last.at)),
    ]),
    h('p', null, last.remark),
  ])
}

/** Counts that make a case a special one. */
function marks(item) {
  return [
    item.fast_track ? ['快速处置', 'busy'] : null,
    item.orders ? [`督办 ${item.orders} 次`, 'care'] : null,
    item.returns ? [`退单 ${item.returns} 次`, 'care'] : null,
    item.reworks ? [`返工 ${item.reworks} 次`, 'care'] : null,
    item.reopenings ? [`重办 ${item.reopenings} 次`, 'care'] : null,
    item.repeat_of ? ['重复', 'care'] : null,
  ]
    .filter(Boolean)
    .map(([words, tone]) => h('span', { key: words, class: ['tag', tone] }, words))
}

export const CasePane = {
  setup() {
    /** `doing`: the action whose sheet is open, `start`: what is filled in; `said`: what was just done. */
    const shown = shallowReactive({ revealed: null, correcting: false, doing: null, start: null, said: '' })
    const scroller = ref(null)
    const head = ref(null)
    const item = computed(() => openCase.item)

    onBeforeUnmount(watchOpenCase())
    watch(
      () => route.params.number ?? '',
      async (number) => {
        Object.assign(shown, { revealed: null, correcting: false, doing: null, start: null, said: '' })
        scroller.value?.scrollTo({ top: 0 })
        await open(number)
        // on a phone the case is a page of its own: readers begin at its head
        await nextTick()
        if (number && window.matchMedia('(max-width: 759px)').matches) head.value?.focus({ preventScroll: true })
      },
      { immediate: true },
    )
    // somebody else moved the case: the list saw it, so look again
    watch(
      () => queue.items.find((row) => row.case_no === openCase.number)?.version,
      (version) => {
        if (version && item.value && version > item.value.version) renew({ background: true })
      },
    )

    function putIntoList(changed) {
      const at = queue.items.findIndex((row) => row.case_no === changed.case_no)
      if (at >= 0) queue.items[at] = { ...queue.items[at], ...changed }
      countWork()
    }
    function corrected(changed) {
      shown.correcting = false
      const known = acted(changed)
      putIntoList(changed)
      return known
    }
    let quiet = 0
    async function done(changed) {
      const label = doingLabel()
      Object.assign(shown, { doing: null, start: null, revealed: null, said: `${label}：已办好` })
      clearTimeout(quiet)
      quiet = setTimeout(() => {
        shown.said = ''
      }, SAID_FOR)
      const known = acted(changed)
      putIntoList(changed)
      await known
      if (openCase.problem?.status === 403) {
        // with its part done, the case is no longer this person's to see
        queue.said = shown.said
        go(listAddress())
        await load({ keep: true })
        return
      }
      await nextTick()
      head.value?.focus({ preventScroll: true })
    }

    function act(action, start = null) {
      Object.assign(shown, { doing: action, start, said: '' })
    }
    const doingLabel = () => item.value?.actions.find(({ action }) => action === shown.doing)?.label ?? ''
    const offered = (action) => Boolean(item.value?.actions?.some((each) => each.action === action))
    const close = () => route.name === 'case' && go(listAddress())

    useShortcuts({
      Escape: close,
      c: () => item.value && navigator.clipboard?.writeText(item.value.case_no).catch(() => null),
      C: () => {
        if (mayCorrect()) shown.correcting = true
      },
      '.': () => {
        const [first] = inOrder(item.value?.actions ?? [])
        if (first) act(first.action)
      },
      ...Object.fromEntries(
        Object.entries(ACTIONS).map(([action, { key }]) => [key, () => offered(action) && act(action)]),
      ),
    })

    const mayCorrect = () => corrects.value && item.value && !FINAL_STATES.has(item.value.status)

    function body() {
      const { events } = openCase
      const case_ = item.value
      const photos = evidence(case_, events)
      // phone numbers within the words are masked together with the reporter's
      const said = shown.revealed ?? case_
      const { tone, words } = remaining(case_)
      const others = otherReporters(case_, events)
      return [
        stageBar(case_.stages, {
          loadedAt: openCase.loadedAt,
          late: tone === 'late',
          stands: case_.status === 'suspended',
          dueWords: words,
        }),
        h('p', { class: 'description' }, said.description),
        reported(case_, events),
        photos.length ? h(Attachments, { groups: photos }) : null,
        calls.value ? h(TelephoneNews, { number: case_.case_no, version: case_.version }) : null,
        hasTasks(case_.tasks) ? section('请示和协办', sideTasks(case_.tasks)) : null,
        h(CaseFacts, {
          key: case_.case_no,
          item: case_,
          events,
          revealed: shown.revealed,
          onReveal: (revealed) => {
            shown.revealed = revealed
          },
        }),
        section('地点', place(said.location ?? {}, (events ?? []).map(({ position }) => position).filter(Boolean))),
        others ? section('其他反映和催办', others) : null,
        openCase.similar?.length
          ? section(
              '相似案件',
              similarCases(openCase.similar, offered('merge') ? (number) => act('merge', { into: number }) : null),
              h('span', { class: 'quiet' }, `${openCase.similar.length} 件`),
            )
          : null,
        case_.channel === 'hotline' ? h(CallRecordings, { key: `calls ${case_.case_no}`, caseNo: case_.case_no }) : null,
        said.transcript?.length ? transcript(said.transcript) : null,
        releases.value ? h(Publicity, { number: case_.case_no, version: case_.version, onDone: () => renew() }) : null,
        section(
          '经过',
          [
            problemNote(openCase.eventsProblem, () => renew()),
            events ? timeline(events, openCase.intact) : openCase.eventsProblem ? null : skeleton(4),
          ].flat(),
        ),
      ]
    }

    function showNews() {
      const first = openCase.news[0]
      openCase.news = []
      scroller.value?.querySelector(`[data-seq="${first.seq}"]`)?.scrollIntoView({ block: 'center' })
    }
    /** What came in while the case was open, or what was just done: said in the heading, nothing moves. */
    function notice() {
      if (openCase.news.length) {
        const last = openCase.news.at(-1)
        return h('button', { type: 'button', class: 'fresh', onClick: showNews, title: '看经过' }, [
          `刚有变化：${last.actor?.name ?? ''}${last.kind_label}（${ago(last.at)}）`,
        ])
      }
      return shown.said
        ? h('span', { class: 'said-done' }, [
            icon('check', { size: 14 }),
            shown.said,
            h('span', { class: 'next-key' }, [h('kbd', null, 'J'), ' 下一件']),
          ])
        : null
    }

    function heading() {
      const case_ = item.value
      const { category } = case_
      return [
        h('div', { class: 'case-title' }, [
          h('h2', { class: 'number', tabindex: -1, ref: head }, grouped(case_.case_no)),
          h(CopyButton, { text: case_.case_no, words: '复制编号（c）', small: true }),
          stateTag(case_.status),
          ...marks(case_),
          clockTag(case_),
        ]),
        h('p', { class: 'case-category' }, [
          h('strong', null, category?.name ?? '未分类'),
          urgencyTag(case_.urgency),
          category
            ? h(
                'span',
                { class: 'quiet' },
                [category.code, CATEGORY_KINDS[categoryOf(category.code)?.kind], category.division]
                  .filter(Boolean)
                  .join(' · '),
              )
            : h('span', { class: 'quiet' }, stateOf(case_.status).help),
          mayCorrect()
            ? button('更正', {
                look: 'quiet',
                title: '更正分类或地点（C）',
                onClick: () => {
                  shown.correcting = true
                },
              })
            : null,
          h(ClaimMark, { key: case_.case_no, item: case_ }),
          h('span', { class: 'case-notice', role: 'status' }, notice()),
        ]),
      ]
    }

    function pane() {
      const { number, problem } = openCase
      return h('section', { class: 'pane', 'aria-label': '案件详情', 'aria-busy': String(!item.value && !problem) }, [
        h('header', { class: 'pane-head' }, [
          link(
            listAddress(),
            { class: 'icon-button to-list', 'aria-label': '回到列表', title: '回到列表' },
            icon('back'),
          ),
          h(
            'div',
            { class: 'case-heading' },
            item.value
              ? heading()
              : h(
                  'div',
                  { class: 'case-title' },
                  h('h2', { class: 'number', tabindex: -1, ref: head }, grouped(number)),
                ),
          ),
          h('div', { class: 'to-close' }, iconButton('close', '关闭（Esc）', close)),
        ]),
        h(
          'div',
          { class: 'pane-body', ref: scroller },
          [
            problem
              ? problem.status === 404
                ? emptyPlace('search', '没有这件案件', [
                    h('p', null, problem.detail),
                    link(listAddress(), { class: 'button plain' }, '回到列表'),
                  ])
                : problemNote(problem, () => renew())
              : null,
            item.value
              ? body()
              : problem
                ? null
                : [skeleton(4), h('div', { class: 'skeleton block-shape', 'aria-hidden': 'true' }), skeleton(4)],
          ].flat(),
        ),
        item.value && !problem
          ? h(ActionBar, { number, offered: item.value.actions, onAct: (action) => act(action) })
          : null,
        item.value && shown.correcting
          ? h(CorrectSheet, {
              item: item.value,
              onDone: corrected,
              onStale: () => {
                shown.correcting = false
                renew()
              },
              onClose: () => {
                shown.correcting = false
              },
            })
          : null,
      ])
    }

    let label = ''
    return () => {
      if (!openCase.number) {
        return h(
          'section',
          { class: 'pane vacant', 'aria-label': '案件详情' },
          emptyPlace('keys', '选一件案件看详情', keyTable()),
        )
      }
      // the sheet stays open when others made its action impossible: what was written must not vanish
      label = doingLabel() || label
      return [
        pane(),
        item.value && shown.doing
          ? h(ActionSheet, {
              key: `${openCase.number} ${shown.doing}`,
              action: shown.doing,
              label,
              item: item.value,
              events: openCase.events,
              start: shown.start,
              possible: offered(shown.doing),
              onDone: done,
              onStale: () => renew(),
              onClose: () => {
                shown.doing = null
                shown.start = null
              },
            })
          : null,
      ]
    }
  },
}
