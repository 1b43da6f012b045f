// My work: how many cases wait for me, list by list, kept true in the background.

import { reactive } from './vue.js'
import { ask, isAbort } from './api.js'
import { idleFor, session } from './session.js'
import { address } from './router.js'

const LOOK_EVERY = 15_000
const QUIET_AFTER = 5 * 60_000

/** Lists for which no clock runs, so that they are not ordered by it. */
const SETTLED = new Set(['call_back', 'reopenings', 'to_tell'])

/** `items` as the server answers them, the most urgent list first; `changed` counts how often they became others. */
export const work = reactive({ items: [], state: 'idle', problem: null, changed: 0 })

/** Lists on which an internal limit runs: who waits longest comes first, with a clock of its own or without. */
const STAGED = new Set(['to_file', 'to_dispatch', 'to_verify', 'call_back'])

/** Lists of a department: what presses comes first, by supervision orders, urges and due times together. */
const PRESSING = new Set(['pressed', 'to_accept', 'in_hand', 'to_support'])

/** In which order a list is worked off; empty: as the server has it. */
export function orderOf(code) {
  if (STAGED.has(code)) return 'stage'
  if (SETTLED.has(code)) return ''
  return PRESSING.has(code) ? 'priority' : 'due'
}

export const workOf = (code) => work.items.find((item) => item.work === code)
export const isSettled = (code) => SETTLED.has(code)
export const workAddress = (code) => address('/cases', { work: code })
export const countWords = (item) => (item.more ? `${item.count}+` : String(item.count))

/** Lists of cases that stand on another list as well. */
const AGAIN = new Set(['pressed'])

/** How many things wait in all. */
export const waiting = () => work.items.reduce((sum, item) => sum + (AGAIN.has(item.work) ? 0 : item.count), 0)

let asked = null

/** Count anew. `background`: no person's hand caused it. */
export async function countWork({ background = false } = {}) {
  asked?.abort()
  const way = (asked = new AbortController())
  if (work.state === 'idle') work.state = 'loading'
  try {
    const { items } = await ask('GET', '/work', { background, signal: way.signal })
    const before = JSON.stringify(work.items)
    work.problem = null
    work.state = 'ready'
    if (JSON.stringify(items) === before) return
    work.items = items
    work.changed += 1
  } catch (error) {
    if (isAbort(error)) return
    // old counts are better than none
    if (!background || work.state !== 'ready') Object.assign(work, { problem: error, state: 'failed' })
  }
}

/** Call `look` every 15 s while somebody is there to see; answers a function that ends it. */
export function whileLooking(look) {
  let last = Date.now()
  const turn = () => {
    if (document.hidden || session.state !== 'in' || idleFor() > QUIET_AFTER) return
    last = Date.now()
    look()
  }
  const timer = setInterval(() => Date.now() - last >= LOOK_EVERY && turn(), 1_000)
  const seen = () => Date.now() - last > 2_000 && turn()
  document.addEventListener('visibilitychange', seen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
  }
}

/** Keep the counts true until the answered function is called. */
export function watchWork() {
  Object.assign(work, { items: [], state: 'idle', problem: null })
  countWork()
  return whileLooking(() => countWork({ background: true }))
}
