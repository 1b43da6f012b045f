// Words on their way to the resident, and notes. Each has an id of its own: sent again after a break it is kept once.
// They go one after the other, so they arrive in the order in which they were written.

import { reactive } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { addressOf } from './kinds.js'
import { keep, kept, newId } from './storage.js'

const RETRY = 3_000

/** `waiting`: `{client_id, item, what, text, problem}`; `what` is replies or notes. */
export const outbox = reactive({ waiting: [] })

let busy = false
let timer = null

/** Take up what an earlier page could not send. */
export function resume() {
  outbox.waiting = kept('outbox', [])
  send()
}

/** Nobody is here any more: what waits stays in the browser for whoever wrote it. */
export function pause() {
  clearTimeout(timer)
  outbox.waiting = []
}

export function post(item, what, text) {
  outbox.waiting.push({ client_id: newId(), item, what, text, at: new Date().toISOString(), problem: '' })
  save()
  send()
}

export function drop(client_id) {
  outbox.waiting = outbox.waiting.filter((one) => one.client_id !== client_id)
  save()
}

/** Try what was refused once more, such as after taking the conversation again. */
export function again(item) {
  outbox.waiting.forEach((one) => {
    if (one.item === item) one.problem = ''
  })
  send()
}

const save = () => keep('outbox', outbox.waiting.length ? outbox.waiting : null)

async function send() {
  clearTimeout(timer)
  if (busy) return
  busy = true
  try {
    for (;;) {
      // what was refused holds up what follows in its conversation, and nothing else
      const held = new Set(outbox.waiting.filter(({ problem }) => problem).map(({ item }) => item))
      const one = outbox.waiting.find(({ item }) => !held.has(item))
      if (!one) return
      try {
        await ask('POST', `${addressOf(one.item)}/${one.what}`, {
          body: { client_id: one.client_id, text: one.text },
        })
        drop(one.client_id)
      } catch (error) {
        if (isAbort(error)) return
        if (error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status)) {
          one.problem = error.detail
          save()
        } else {
          timer = setTimeout(send, RETRY)
          return
        }
      }
    }
  } finally {
    busy = false
  }
}
