// The recording of the open call, in step with its transcript: the line that is heard is marked.

import { nextTick, reactive } from '../desk/vue.js'
import { addressOf } from './kinds.js'
import { open } from './wire.js'

const REFILL = 0.3

/** `line`: id of the line that is heard; `on` while it plays; `problem` in words. */
export const recording = reactive({ line: '', on: false, problem: '', address: '' })

let audio = null
let taken = 0

/** The element that plays, or null when it leaves the page. */
export function use(element) {
  audio = element
}

export function reset() {
  audio?.pause()
  Object.assign(recording, { line: '', on: false, problem: '', address: '' })
}

export function heard() {
  const at = audio.currentTime
  const line = open.entries.filter(({ offset }) => offset !== undefined && offset <= at + REFILL).at(-1)
  recording.line = line && at <= line.offset + line.seconds + 1 ? line.id : ''
}

/** A growing recording is as long as it was when it was asked for: ask again for what came since. */
async function load() {
  taken += 1
  recording.address = `${addressOf(open.id)}/recording?side=both&taken=${taken}`
  await nextTick()
  await new Promise((resolve, reject) => {
    audio.onloadedmetadata = resolve
    audio.onerror = () => reject(new Error('recording'))
    audio.load()
  })
}

/** Play from a line on. */
export async function playFrom(entry) {
  recording.problem = ''
  try {
    if (!recording.address || !(audio.duration >= entry.offset + Math.min(entry.seconds, 1))) await load()
    audio.currentTime = Math.max(0, entry.offset - REFILL)
    await audio.play()
  } catch (error) {
    if (error.name !== 'AbortError') recording.problem = '录音现在放不出来，请稍后再试。'
  }
}

/** Go to a line: at once where the recording is at hand, else it begins there when it is played. */
export function goTo(entry) {
  if (entry?.offset === undefined) return
  recording.line = entry.id
  if (audio && recording.address && audio.duration >= entry.offset) audio.currentTime = Math.max(0, entry.offset - REFILL)
}

/** Play or pause; without having chosen a line, from the last one. */
export function toggle() {
  if (recording.on) audio.pause()
  else if (recording.line && recording.address) audio.play()
  else if (recording.line) playFrom(open.entries.find(({ id }) => id === recording.line))
  else {
    const last = open.entries.filter(({ offset }) => offset !== undefined).at(-1)
    if (last) playFrom(last)
  }
}
