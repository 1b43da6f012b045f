// How things stand, kept true by itself: the board every 20 s, hot spots every five minutes.

import { shallowReactive } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { session } from '../desk/session.js'

const EVERY = 20_000
const SPOTS_EVERY = 5 * 60_000
const SPOTS = 8

/**
 * `board` and `spots` as the server answers them, null before; `problem`: why the last look failed, while what is shown
 * is from `at` (ms).
 */
export const standing = shallowReactive({ board: null, spots: null, problem: null, at: 0 })

let way = null
let spotsAt = 0

/** Look now. `background`: no person's hand caused it, so that it does not keep the session. */
export async function look({ background = false } = {}) {
  way?.abort()
  const { signal } = (way = new AbortController())
  const spotsDue = Date.now() - spotsAt >= SPOTS_EVERY
  try {
    const [board, spots] = await Promise.all([
      ask('GET', '/board', { background, signal }),
      spotsDue ? ask('GET', '/hotspots', { query: { limit: SPOTS }, background, signal }) : standing.spots,
    ])
    if (spotsDue) spotsAt = Date.now()
    Object.assign(standing, { board, spots, problem: null, at: Date.now() })
  } catch (error) {
    // old numbers are better than none, as long as it is said how old they are
    if (!isAbort(error)) standing.problem = error
  }
}

/** Look again and again until the answered function is called; not while nobody can see the page. */
export function keepLooking() {
  spotsAt = 0
  let last = Date.now()
  look()
  const turn = () => {
    if (document.hidden || session.state !== 'in') return
    last = Date.now()
    look({ background: true })
  }
  const timer = setInterval(() => Date.now() - last >= EVERY && turn(), 1_000)
  const seen = () => Date.now() - last > 2_000 && turn()
  document.addEventListener('visibilitychange', seen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
    way?.abort()
    Object.assign(standing, { board: null, spots: null, problem: null, at: 0 })
  }
}
