// Emergencies: cases that were filed as such, told by the list of those that no department has yet when the page opens and
// by the event feed from then on, and conversations in which somebody seems to be in
// danger. Both stand above everything until somebody has seen to them.

import { reactive, watch } from '../desk/vue.js'
import { ask } from '../desk/api.js'
import { session } from '../desk/session.js'
import { keep, kept } from './storage.js'
import { ring } from './tones.js'
import { board } from './wire.js'

const WAIT_SECONDS = 12 // less than a request may take
const RETRY = 5_000
const LATEST = 2 ** 61
const NOBODY_ON_IT = 'received,filed,dispatched,returned' // states before a department has accepted
const LATELY = 24 * 3600_000 // ms; what is older is in the work lists
const MOST = 20
const REMEMBERED = 200 // numbers that were put away

/** `cases`: `{case_no, category, at}`, newest first, until put away. */
export const alerts = reactive({ cases: [] })

export function watchAlerts() {
  const leaving = new AbortController()
  alerts.cases = []
  follow(leaving.signal)
  const stop = watch(
    () => board.dangers.length,
    (now, before) => now > (before ?? 0) && ring(),
  )
  return () => {
    leaving.abort()
    stop()
  }
}

async function follow(signal) {
  let after = null
  while (!signal.aborted && session.state === 'in') {
    try {
      const query = after === null ? { after: LATEST, limit: 1 } : { after, kinds: 'received', wait: WAIT_SECONDS }
      const page = await ask('GET', '/events', { query, signal, background: true })
      if (after === null) {
        // in this order: what is filed in between comes by both ways, and none is missed
        await lookBack(signal)
        after = page.head
      } else {
        after = page.next
        show(page.items.filter(({ data }) => data.urgency === 'emergency'))
      }
    } catch (error) {
      if (error.name === 'AbortError') return
      await new Promise((resolve) => setTimeout(resolve, RETRY))
    }
  }
}

/** Emergencies that were filed while no console was open, or this one was being loaded. */
async function lookBack(signal) {
  const query = {
    urgency: 'emergency',
    status: NOBODY_ON_IT,
    from: new Date(Date.now() - LATELY).toISOString(),
    limit: MOST,
  }
  const { items } = await ask('GET', '/cases', { query, signal, background: true })
  show(items.map(({ case_no, category, received_at: at }) => ({ case_no, category: category?.code, at })))
}

/** Newest first; what is shown already or was put away here is not shown again. */
function show(found) {
  const known = new Set([...alerts.cases.map(({ case_no }) => case_no), ...kept('alerts-seen', [])])
  const fresh = found.filter(({ case_no }) => !known.has(case_no))
  if (!fresh.length) return
  alerts.cases = [...fresh.map(({ case_no, category, at }) => ({ case_no, category, at })), ...alerts.cases]
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
    .slice(0, MOST)
  ring()
}

export function putAway(case_no) {
  alerts.cases = alerts.cases.filter((one) => one.case_no !== case_no)
  keep('alerts-seen', [case_no, ...kept('alerts-seen', [])].slice(0, REMEMBERED))
}
