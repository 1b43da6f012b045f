// The middle: dense rows, newest first, more on scrolling, moved through with j and k.

import { computed, h, nextTick, onBeforeUnmount, onMounted, ref, watch } from './vue.js'
import { icon } from './icons.js'
import { button, emptyPlace, iconButton, problemNote, skeleton } from './controls.js'
import { FINAL_STATES, channelOf } from './labels.js'
import { ago, now, remaining, fullTime, shortTime } from './clock.js'
import { clockTag, stageTag, stateTag, urgencyTag } from './case_tags.js'
import { grouped } from './case_number.js'
import { address, go, link, route } from './router.js'
import { SearchField, filterChips } from './filter_rail.js'
import { ORDERS, caseAddress, clearFilters, filters, filtersSet, load, loadMore, queue, setFilters } from './queue.js'
import { isSettled, orderOf, workOf } from './work.js'
import { hasRole, seesAll, session } from './session.js'
import { useShortcuts } from './shortcuts.js'
import { BULK, bulkOffers } from './bulk.js'
import { BulkBar } from './bulk_bar.js'
import { BulkSheet } from './bulk_sheet.js'
import { claimWords } from './claims.js'
import { NextCase } from './next_case.js'
import { chosenItems, clear, isChosen, selection, toggle, toggleAll } from './selection.js'
import { viewAt } from './views.js'

const firstLine = (text) => (text ?? '').trim().split('\n', 1)[0]

/**
 * One case as a row that leads to `target`; `settled`: among cases that are closed, where no clock runs; `box` stands
 * before it, to choose it by.
 */
export function caseRow(item, target, settled = false, box = null) {
  const open = route.params.number === item.case_no
  const channel = channelOf(item.channel)
  return h(
    'li',
    { key: item.case_no, class: ['row-place', { choosing: box, picked: box && isChosen(item.case_no) }] },
    [
      box,
      link(
        target,
        {
          class: ['row', { open, late: !settled && remaining(item).tone === 'late' }],
          'aria-current': open ? 'true' : undefined,
          'data-number': item.case_no,
        },
        [
          h('span', { class: 'row-top' }, [
            h('span', { class: 'number' }, grouped(item.case_no)),
            h('strong', { class: 'category' }, item.category?.name ?? '未分类'),
            urgencyTag(item.urgency),
            stageTag(item),
            item.orders ? h('span', { class: 'urgency soon' }, '督办') : null,
            item.urges && !FINAL_STATES.has(item.status)
              ? h('span', { class: 'urgency soon', title: `诉求人催办 ${item.urges} 次` }, '催办')
              : null,
            item.claim
              ? h('span', { class: ['claim', { mine: item.claim.mine }], title: claimWords(item.claim) }, [
                  icon(item.claim.mine ? 'user' : 'lock', { size: 12 }),
                  item.claim.mine ? claimWords(item.claim) : `${item.claim.holder_name}在办`,
                ])
              : null,
          ]),
          h('span', { class: 'row-clock' }, clockTag(item)),
          h('span', { class: 'row-text' }, firstLine(item.description)),
          h('span', { class: 'row-state' }, stateTag(item.status)),
          h('span', { class: 'row-place-line' }, [
            icon(channel.icon, { label: `来自${channel.label}`, size: 14 }),
            h('span', { class: 'where' }, item.location?.text || '地点不明'),
            // one's own department is no news
            seesAll.value || item.department?.id !== session.staff.department?.id
              ? h('span', { class: 'unit' }, item.department?.name ?? '未定部门')
              : null,
          ]),
          h(
            'time',
            { class: 'row-time', datetime: item.received_at, title: `${fullTime(item.received_at)} 收到` },
            `${ago(item.received_at)} · ${shortTime(item.received_at)}`,
          ),
        ],
      ),
    ],
  )
}

/** The box before a row; with Shift, all from the last one touched to this. */
function choiceBox(item) {
  return h('label', { class: 'row-choice', title: '选中，按住 Shift 连着选' }, [
    h('input', {
      type: 'checkbox',
      checked: isChosen(item.case_no),
      'aria-label': `选中 ${grouped(item.case_no)}`,
      onClick: (event) => {
        toggle(item.case_no, { through: event.shiftKey })
        // a case too many is not taken: the box shows what is
        event.target.checked = isChosen(item.case_no)
      },
    }),
  ])
}

/** Whether this person may do anything with many cases at once. */
const mayDoMany = () => hasRole(...Object.values(BULK).flatMap(({ roles }) => roles))

function lookedWords() {
  if (queue.said) return queue.said
  if (queue.state === 'loading') return '正在读取…'
  if (queue.lookFailed) return '刷新没有成功，稍后再试'
  if (queue.resting) return '暂停刷新，动一下鼠标继续'
  if (!queue.lookedAt) return ''
  // touching `now` renews the words
  const seconds = Math.max(0, Math.round((Math.max(now.value, Date.now()) - queue.lookedAt) / 1000))
  return seconds < 30
    ? '刚刚刷新'
    : `${Math.floor(seconds / 60) ? `${Math.floor(seconds / 60)} 分钟` : `${seconds} 秒`}前刷新`
}

export const CaseList = {
  setup() {
    const scroller = ref(null)
    const end = ref(null)
    let scrolled = 0
    let watcher = null
    /** The action that is being done with all that is chosen, or null. */
    const many = ref(null)
    onMounted(() => {
      watcher = new IntersectionObserver(
        (seen) => {
          if (seen.some((entry) => entry.isIntersecting) && !queue.moreProblem) loadMore()
        },
        { root: scroller.value, rootMargin: '600px' },
      )
      watcher.observe(end.value)
    })
    onBeforeUnmount(() => watcher?.disconnect())
    // a page that ends within sight does not cross the edge again: look once more after each page
    watch(
      () => queue.items.length,
      async () => {
        await nextTick()
        const box = scroller.value
        if (
          box &&
          box.offsetParent &&
          queue.next &&
          !queue.moreProblem &&
          box.scrollHeight - box.scrollTop - box.clientHeight < 600
        )
          loadMore()
      },
    )
    // on a phone the list goes away while a case is open; it comes back where it was
    watch(
      () => route.name,
      async (name) => {
        if (name !== 'cases') return
        await nextTick()
        if (scroller.value && !scroller.value.scrollTop && scrolled) scroller.value.scrollTop = scrolled
      },
    )

    // another list begins at its top
    watch(
      () => JSON.stringify(filters.value),
      () => {
        scrolled = 0
        scroller.value?.scrollTo({ top: 0 })
      },
    )

    const rows = () => [...(scroller.value?.querySelectorAll('a.row') ?? [])]
    function move(step, open) {
      const all = rows()
      const from = all.findIndex((element) => element === document.activeElement)
      const at = from >= 0 ? from : all.findIndex((element) => element.dataset.number === route.params.number)
      const to = at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))
      all[to]?.focus({ preventScroll: true })
      all[to]?.scrollIntoView({ block: 'nearest' })
      if (to >= all.length - 5) loadMore()
      if (open && all[to]) go(all[to].getAttribute('href'), { replace: route.name === 'case' })
    }
    async function renew() {
      await load({ keep: true })
      scroller.value?.scrollTo({ top: 0 })
    }
    useShortcuts({
      j: () => move(1),
      k: () => move(-1),
      J: () => move(1, true),
      K: () => move(-1, true),
      r: renew,
      V: () => {
        const at = document.activeElement?.dataset?.number ?? route.params.number
        if (at) toggle(at)
        else selection.on = true
      },
      A: toggleAll,
      T: () => {
        const [first] = bulkOffers(chosenItems())
        if (first) many.value = first.action
      },
      // in the rail, or above the list where there is no rail
      '/': () => [...document.querySelectorAll('.queue .search input')].find((field) => field.offsetParent)?.focus(),
    })

    // what is chosen is let go before the case is closed
    function escaped(event) {
      if (
        event.key !== 'Escape' ||
        !selection.on ||
        many.value ||
        event.target.closest?.('input, textarea, select, dialog')
      )
        return
      event.preventDefault()
      clear()
    }
    window.addEventListener('keydown', escaped, true)
    onBeforeUnmount(() => window.removeEventListener('keydown', escaped, true))
    onBeforeUnmount(clear)

    const nothing = computed(() => queue.state === 'ready' && !queue.items.length)
    const body = () =>
      h('section', { class: ['list', { choosing: selection.on }], 'aria-label': '案件' }, [
        h('header', { class: 'list-head' }, [
          h('div', { class: ['list-title', { news: queue.fresh }] }, [
            h('h1', null, viewAt()?.name ?? workOf(filters.value.work)?.label ?? '案件'),
            h(
              'span',
              { class: 'quiet listed' },
              queue.items.length ? `${queue.next ? '已列出' : '共'} ${queue.items.length} 件` : '',
            ),
            // news take the place of the words about refreshing: nothing moves and no row is covered
            h(
              'span',
              { class: ['looked', { bad: queue.lookFailed }], role: 'status' },
              queue.fresh
                ? h('button', { type: 'button', class: 'fresh', onClick: renew, title: '点这里看（r）' }, [
                    icon('up', { size: 13 }),
                    `有 ${queue.fresh}${queue.freshMore ? ' 件以上' : ' 件'}新案件`,
                  ])
                : lookedWords(),
            ),
            isSettled(filters.value.work)
              ? null
              : h(
                  'select',
                  {
                    class: 'order',
                    'aria-label': '排列',
                    value: filters.value.order || orderOf(filters.value.work) || 'newest',
                    onChange: (event) => setFilters({ order: event.target.value }),
                  },
                  ORDERS.map(({ code, label }) => h('option', { key: code, value: code }, label)),
                ),
            mayDoMany()
              ? iconButton(
                  'tick',
                  selection.on ? '不再选择' : '选几件一起办（V）',
                  () => (selection.on ? clear() : (selection.on = true)),
                  {
                    class: { on: selection.on },
                    'aria-pressed': String(selection.on),
                  },
                )
              : null,
            iconButton('refresh', '刷新（r）', renew, { class: { turning: queue.state === 'loading' } }),
            link(address('/cases/filters', filters.value), { class: 'button plain to-filters' }, [
              icon('filter'),
              filtersSet.value.length ? `筛选 ${filtersSet.value.length}` : '筛选',
            ]),
          ]),
          h(SearchField),
          h('div', { class: 'chips' }, [...filterChips(), h(NextCase)]),
        ]),
        h(
          'div',
          {
            class: 'rows',
            ref: scroller,
            onScrollPassive: (event) => {
              if (event.target.scrollTop) scrolled = event.target.scrollTop
            },
          },
          [
            problemNote(queue.problem, () => load()),
            queue.state === 'loading' && !queue.items.length
              ? h(
                  'div',
                  { class: 'row-skeletons' },
                  Array.from({ length: 9 }, () => skeleton(3)),
                )
              : null,
            nothing.value
              ? filters.value.work && filtersSet.value.length === 1
                ? emptyPlace('check', '都办完了', link('/desk', { class: 'button plain' }, '回到我的工作'))
                : filtersSet.value.length
                  ? emptyPlace('search', '没有符合条件的案件', [
                      h('p', null, '放宽几个条件，或换个说法再搜。'),
                      button('清除全部筛选', { onClick: clearFilters }),
                    ])
                  : emptyPlace(
                      'inbox',
                      '现在没有案件',
                      h(
                        'p',
                        null,
                        seesAll.value
                          ? '居民从网页、微信、电话等任何渠道反映的问题，都会出现在这里。'
                          : '由本部门主办或协办的案件，会出现在这里。',
                      ),
                    )
              : null,
            h(
              'ul',
              { class: 'row-list' },
              queue.items.map((item) =>
                caseRow(item, caseAddress(item.case_no), false, selection.on ? choiceBox(item) : null),
              ),
            ),
            queue.loadingMore ? skeleton(3) : null,
            problemNote(queue.moreProblem, () => {
              queue.moreProblem = null
              loadMore()
            }),
            queue.items.length && !queue.next && queue.state === 'ready'
              ? h('p', { class: 'list-end quiet' }, '到底了')
              : null,
            h('div', { ref: end, class: 'list-sentinel' }),
          ],
        ),
        selection.on
          ? h(BulkBar, {
              onAct: (action) => {
                many.value = action
              },
            })
          : null,
      ])

    return () => [
      body(),
      many.value
        ? h(BulkSheet, {
            key: many.value,
            action: many.value,
            onClose: () => {
              many.value = null
            },
          })
        : null,
    ]
  },
}
