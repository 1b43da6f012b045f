// The case that is open, as a thing of its own: loaded, kept true in the background, never pulled from under one's eyes.

import { shallowReactive } from './vue.js'
import { ask, askIfOffered, isAbort } from './api.js'
import { hasRole } from './session.js'
import { whileLooking } from './work.js'

const NOTHING = {
  item: null,
  events: null,
  intact: undefined,
  similar: null,
  claim: null,
  problem: null,
  eventsProblem: null,
  news: [],
}

/**
 * `item` with its `events`; `claim`: who has taken it up, null for nobody; `similar` other cases like it, null where the server has no such list; `news` the events
 * that came while it was open, until they are noted; `loadedAt` when it was last asked for, in ms.
 */
export const openCase = shallowReactive({ number: '', loadedAt: 0, ...NOTHING })

let way = null

/** Open another case, or none. */
export async function open(number) {
  if (number === openCase.number && openCase.item) return
  Object.assign(openCase, { number, ...NOTHING })
  if (!number) {
    way?.abort()
    return
  }
  findSimilar(number)
  findClaim(number)
  await renew()
}

async function findSimilar(number) {
  const answer = await askIfOffered(`/cases/${number}/similar`).catch(() => null)
  if (number === openCase.number) openCase.similar = answer?.items ?? null
}

async function findClaim(number) {
  // to whom it is not offered a question would stand in the audit trail as refused
  if (!hasRole('operator', 'dispatcher', 'handler', 'verifier', 'supervisor')) return
  const answer = await askIfOffered(`/cases/${number}/claim`).catch(() => null)
  if (answer && number === openCase.number) openCase.claim = answer.claim
}

/** Load the open case anew; what is shown stays until the new is here. `background`: no person's hand caused it. */
export async function renew({ background = false } = {}) {
  way?.abort()
  way = new AbortController()
  const { signal } = way
  const at = `/cases/${openCase.number}`
  const options = { signal, background }
  const seen = openCase.item?.version
  const [item, events] = await Promise.allSettled([ask('GET', at, options), ask('GET', `${at}/events`, options)])
  if (signal.aborted || [item, events].some(({ reason }) => isAbort(reason))) return
  // all at once: a state without its history would flicker
  Object.assign(openCase, {
    loadedAt: Date.now(),
    problem: item.reason ?? null,
    eventsProblem: events.reason ?? null,
    ...(item.value ? { item: item.value } : {}),
    ...(events.value ? { events: events.value.items, intact: events.value.intact } : {}),
  })
  if (background && seen && events.value) {
    const came = events.value.items.filter((event) => event.seq > seen)
    openCase.news = [...openCase.news, ...came]
  }
}

/** After one's own action, which is no news: `changed` is what it answered. Its state comes with what can be done next. */
export async function acted(changed) {
  Object.assign(openCase, { news: [], item: { ...openCase.item, version: changed.version } })
  await Promise.all([renew(), findClaim(openCase.number)])
}

/** Whether the case went on. The list is asked, for reading a case is recorded as somebody's looking at it. */
async function look() {
  const { number, item } = openCase
  if (!number || !item) return
  try {
    const { items } = await ask('GET', '/cases', { query: { q: number, limit: 1 }, background: true })
    if (number !== openCase.number) return
    const row = items.find((each) => each.case_no === number)
    if (row && 'claim' in row) openCase.claim = row.claim
    if (row && row.version !== openCase.item?.version) await renew({ background: true })
  } catch {
    // the next look may be luckier
  }
}

/** Keep the open case true until the answered function is called. */
export function watchOpenCase() {
  const stop = whileLooking(look)
  return () => {
    stop()
    way?.abort()
    Object.assign(openCase, { number: '', ...NOTHING })
  }
}
