// Emergencies: cases that were filed as such, told by the event feed, and conversations in which somebody seems to be in
// danger. Both stand above everything until somebody has seen to them.

import { reactive, watch } from '../desk/vue.js'
import { ask } from '../desk/api.js'
import { session } from '../desk/session.js'
import { keep, kept } from './storage.js'
import { board } from './wire.js'

const WAIT_SECONDS = 12 // less than a request may take
const RETRY = 5_000
const LATEST = 2 ** 61

/** `cases`: `{case_no, category, town, at}`, newest first, until put away. */
export const alerts = reactive({ cases: [] })

export function watchAlerts() {
  const leaving = new AbortController()
  alerts.cases = kept('alerts', [])
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
      if (after === null) after = page.head
      else {
        after = page.next
        const grave = page.items.filter(({ data }) => data.urgency === 'emergency')
        if (grave.length) {
          alerts.cases = [
            ...grave.map(({ case_no, category, town, at }) => ({ case_no, category, town, at })),
            ...alerts.cases,
          ].slice(0, 20)
          keep('alerts', alerts.cases)
          ring()
        }
      }
    } catch (error) {
      if (error.name === 'AbortError') return
      await new Promise((resolve) => setTimeout(resolve, RETRY))
    }
  }
}

export function putAway(case_no) {
  alerts.cases = alerts.cases.filter((one) => one.case_no !== case_no)
  keep('alerts', alerts.cases.length ? alerts.cases : null)
}

let sound = null

/** Two short tones. Browsers allow them once a hand has touched the page. */
function ring() {
  try {
    sound ??= new AudioContext()
    for (const [at, pitch] of [
      [0, 880],
      [0.22, 660],
    ]) {
      const tone = sound.createOscillator()
      const loudness = sound.createGain()
      loudness.gain.value = 0.08
      tone.frequency.value = pitch
      tone.connect(loudness).connect(sound.destination)
      tone.start(sound.currentTime + at)
      tone.stop(sound.currentTime + at + 0.16)
    }
  } catch {
    // the banner says it as well
  }
}
