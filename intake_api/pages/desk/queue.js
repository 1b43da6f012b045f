// The list of cases as a thing of its own: pages by cursor, a look every 15 s, news counted and never pushed in.

import { computed, reactive, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { address, go, route } from './router.js'
import { idleFor, session } from './session.js'
import { orderOf } from './work.js'

const PAGE = 50
const LOOK = 20
const LOOK_EVERY = 15_000
const QUIET_AFTER = 5 * 60_000

/** The filters, by their names in the address bar and in the API. */
export const FILTERS = [
  'work',
  'status',
  'category',
  'department',
  'channel',
  'town',
  'urgency',
  'precision',
  'overdue',
  'due_within',
  'claimed',
  'repeat',
  'from',
  'to',
  'closed_from',
  'closed_to',
  'grid_cell',
  'q',
]

/** In which order cases can be listed; '' in the address means the order that suits the list. */
export const ORDERS = [
  { code: 'newest', label: '新到在前' },
  { code: 'due', label: '先到期在前' },
  { code: 'priority', label: '要紧在前' },
  { code: 'stage', label: '等得久的在前' },
]

/**
 * `items` newest first; `next` the cursor of the following page or null; `counts` by state when the server gives them;
 * `said` what was just done with a case that left the list, until the next look; `fresh` new cases; `freshMore` whether there are even more; `lookedAt` when the list was last true.
 */
export const queue = reactive({
  items: [],
  next: null,
  counts: null,
  state: 'idle',
  problem: null,
  moreProblem: null,
  loadingMore: false,
  fresh: 0,
  freshMore: false,
  lookedAt: 0,
  lookFailed: false,
  resting: false,
  said: '',
})

const NAMES = [...FILTERS, 'order']
export const filters = computed(() => Object.fromEntries(NAMES.map((name) => [name, route.query[name] ?? ''])))
export const filtersSet = computed(() => FILTERS.filter((name) => filters.value[name]))

/** Change filters: the address bar changes, and the list follows it. */
export function setFilters(change) {
  const query = { ...filters.value, ...change }
  const path = route.name === 'filters' ? '/cases/filters' : '/cases'
  go(address(path, query), { replace: 'q' in change || 'order' in change })
}

export const clearFilters = () => setFilters(Object.fromEntries(NAMES.map((name) => [name, ''])))
export const caseAddress = (number) => address(`/cases/${number}`, filters.value)
export const listAddress = () => address('/cases', filters.value)

/** What is asked of the server: work lists begin with what is due first, all others with the newest. */
function wanted() {
  const { order, work, ...others } = filters.value
  const suits = work ? orderOf(work) : ''
  return { ...others, work, order: order === 'newest' ? '' : order || suits }
}

let asked = null

/** Load the first page anew. `keep`: leave the old rows until the new ones are here (refreshing). */
export async function load({ keep = false } = {}) {
  asked?.abort()
  const way = (asked = new AbortController())
  queue.problem = queue.moreProblem = null
  queue.loadingMore = false
  queue.state = 'loading'
  if (!keep) Object.assign(queue, { items: [], next: null })
  try {
    const answer = await ask('GET', '/cases', { query: { ...wanted(), limit: PAGE }, signal: way.signal })
    Object.assign(queue, {
      items: answer.items,
      next: answer.next ?? null,
      counts: answer.counts ?? null,
      state: 'ready',
      fresh: 0,
      freshMore: false,
      lookedAt: Date.now(),
      lookFailed: false,
    })
  } catch (error) {
    if (isAbort(error)) return
    queue.problem = error
    queue.state = 'failed'
  }
}

export async function loadMore() {
  if (!queue.next || queue.loadingMore || queue.state !== 'ready') return
  queue.loadingMore = true
  queue.moreProblem = null
  const way = asked
  try {
    const answer = await ask('GET', '/cases', {
      query: { ...wanted(), limit: PAGE, cursor: queue.next },
      signal: way.signal,
    })
    const known = new Set(queue.items.map((item) => item.case_no))
    queue.items.push(...answer.items.filter((item) => !known.has(item.case_no)))
    queue.next = answer.next ?? null
  } catch (error) {
    if (!isAbort(error)) queue.moreProblem = error
  } finally {
    if (way === asked) queue.loadingMore = false
  }
}

/** Look for news. Rows that are shown are brought up to date in their place; new cases are only counted. */
async function look() {
  if (queue.state !== 'ready') return
  const way = asked
  try {
    const answer = await ask('GET', '/cases', {
      query: { ...wanted(), limit: LOOK },
      signal: way.signal,
      background: true,
    })
    const at = new Map(queue.items.map((item, i) => [item.case_no, i]))
    // by due time a new case may come anywhere
    queue.fresh = answer.items.filter((item) => !at.has(item.case_no)).length
    queue.freshMore = queue.fresh === answer.items.length && Boolean(answer.next)
    for (const item of answer.items) if (at.has(item.case_no)) queue.items[at.get(item.case_no)] = item
    if (answer.counts) queue.counts = answer.counts
    queue.said = ''
    queue.lookedAt = Date.now()
    queue.lookFailed = false
  } catch (error) {
    if (!isAbort(error)) queue.lookFailed = true
  }
}

/** Keep the list true while the calling page is shown; answers a function that ends it. */
export function watchQueue() {
  const stop = watch(
    () => JSON.stringify(filters.value),
    () => load(),
    { immediate: true },
  )
  let lastLook = Date.now()
  const timer = setInterval(() => {
    // nobody looks: a desk left alone must not keep asking, and the session may end
    queue.resting = idleFor() > QUIET_AFTER
    if (document.hidden || queue.resting || session.state !== 'in' || Date.now() - lastLook < LOOK_EVERY) return
    lastLook = Date.now()
    look()
  }, 1_000)
  const seen = () => {
    if (document.hidden || Date.now() - lastLook < 2_000) return
    lastLook = Date.now()
    look()
  }
  document.addEventListener('visibilitychange', seen)
  return () => {
    stop()
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
    asked?.abort()
  }
}
