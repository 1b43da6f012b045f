// Taking a case up: for ten minutes it is one person's, every piece of work renews that, and others see whose it is.

import { ask, newKey } from './api.js'
import { shortTime } from './clock.js'
import { FINAL_STATES } from './labels.js'
import { hasRole } from './session.js'
import { address, go } from './router.js'
import { caseAddress, filters, queue } from './queue.js'
import { openCase } from './open_case.js'

/** Whether this person may take cases up at all. */
export const mayClaim = () => hasRole('operator', 'dispatcher', 'handler', 'verifier', 'supervisor')
/** Whether cases wait for this person's office, so that there is a next one. */
export const hasNext = () => hasRole('operator', 'dispatcher', 'handler', 'verifier')

const untilWords = (claim) => shortTime(claim.until).slice(-5)

/** Who holds it, in words: `归您到 10:42`, `沈涛在办，到 10:42`. */
export const claimWords = (claim) =>
  claim.mine ? `归您到 ${untilWords(claim)}` : `${claim.holder_name}在办，到 ${untilWords(claim)}`

export const claimable = (item) => mayClaim() && !FINAL_STATES.has(item.status)

function put(number, claim) {
  if (openCase.number === number) openCase.claim = claim
  const at = queue.items.findIndex((item) => item.case_no === number)
  if (at >= 0) queue.items[at] = { ...queue.items[at], claim }
}

/** Take the case up. Throws ApiProblem `case_claimed` when somebody else was quicker; the list then says who. */
export async function claim(number) {
  try {
    put(number, (await ask('POST', `/cases/${number}/claim`)).claim)
  } catch (error) {
    if (error.answer?.claim) put(number, error.answer.claim)
    throw error
  }
}

export async function release(number) {
  put(number, (await ask('POST', `/cases/${number}/release-claim`)).claim)
}

let nextKey = ''

/**
 * Take up the first case by priority that waits for this office and nobody has, and open it; false when none waits.
 * When no answer came it is asked for again under the same key, so that no case is held without anybody knowing.
 */
export async function claimNext() {
  nextKey ||= newKey()
  const { case: item } = await ask('POST', '/cases/claim-next', { key: nextKey })
  nextKey = ''
  if (!item) return false
  put(item.case_no, item.claim)
  const listed = queue.items.some(({ case_no: number }) => number === item.case_no)
  go(listed ? caseAddress(item.case_no) : address(`/cases/${item.case_no}`, filters.value))
  return true
}
