// The connection to the console's service: the list as it changes, the open transcript as it grows. It comes back by
// itself after a break and asks for what it missed.

import { computed, reactive, ref, shallowReactive } from '../desk/vue.js'
import { ask, ownCsrfToken } from '../desk/api.js'
import { serverTime } from '../desk/clock.js'
import { restore } from '../desk/session.js'
import { KINDS, addressOf, split } from './kinds.js'

const RETRY = [500, 1_000, 2_000, 4_000, 8_000]
const SIGNED_OUT = 4401

/** `state`: asking, up, down; `list` is what the service told last. */
export const wire = reactive({ state: 'asking', since: 0 })
export const board = shallowReactive({
  items: [],
  operators: [],
  dangers: [],
  targets: { chat: 180, call: 15 },
  office_open: null,
  opens_at: null,
  me: null,
  loaded: false,
})

const blank = () => ({ id: '', entries: [], next: '', problem: null, revealed: false, phone: '', call: null })

/** The open item: its id, its transcript, and up to where that has been read; `call`: a call with its forms. */
export const open = reactive(blank())

/** Ticks every second, in the server's time. */
export const second = ref(serverTime())

export const me = computed(() => board.operators.find(({ id }) => id === board.me?.id) ?? null)
export const item = computed(() => board.items.find(({ id }) => id === open.id) ?? null)
export const mine = (each) => each?.state === 'held' && each.staff === board.me?.id

let socket = null
let tries = 0
let wanted = false
let timer = null

export function connect() {
  wanted = true
  const ticking = setInterval(() => {
    second.value = serverTime()
  }, 1_000)
  dial()
  window.addEventListener('online', redial)
  return () => {
    wanted = false
    clearInterval(ticking)
    clearTimeout(timer)
    window.removeEventListener('online', redial)
    socket?.close()
    // the next one to sign in sees nothing of it; the address stays, and opens it again for the same one
    Object.assign(open, blank())
    Object.assign(board, { items: [], dangers: [], operators: [], me: null, loaded: false })
  }
}

function redial() {
  if (wire.state === 'down') {
    clearTimeout(timer)
    dial()
  }
}

function dial() {
  const address = new URL('/channels/console/ws', location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  const mineNow = new WebSocket(address)
  socket = mineNow
  mineNow.onopen = () => {
    tries = 0
    wire.state = 'up'
    show()
  }
  mineNow.onmessage = ({ data }) => hear(JSON.parse(data))
  mineNow.onclose = ({ code }) => {
    if (socket !== mineNow || !wanted) return
    wire.state = 'down'
    wire.since = Date.now()
    if (code === SIGNED_OUT) {
      restore()
      return
    }
    timer = setTimeout(dial, RETRY[Math.min(tries, RETRY.length - 1)])
    tries += 1
    // a handshake that is refused tells no reason: perhaps the session is over
    if (tries === 3) ask('GET', '/session', { background: true }).catch(() => {})
  }
}

function hear(said) {
  if (said.me) board.me = said.me
  if (said.list) Object.assign(board, said.list, { loaded: true })
  if (said.of && said.of === open.id) {
    open.problem = said.problem ?? null
    if (!said.problem) take(said)
    else if (said.problem.status >= 500) setTimeout(show, RETRY.at(-1))
  }
}

function take({ entries, next, call }) {
  open.next = next
  merge(entries)
  if (call) open.call = call
}

function merge(entries) {
  for (const entry of entries) {
    const at = open.entries.findIndex(({ id }) => id === entry.id)
    if (at < 0) open.entries.push(entry)
    else open.entries[at] = entry
  }
  open.entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

function show() {
  if (socket?.readyState === WebSocket.OPEN)
    socket.send(JSON.stringify({ open: open.id, after: open.next, csrf: ownCsrfToken() }))
}

/** Open an item, or none. The address follows. */
export function openItem(id) {
  if (open.id === id) return
  Object.assign(open, blank(), { id })
  const { kind, number } = split(id)
  history.replaceState(null, '', id ? `/console/${kind}/${number}` : '/console')
  show()
}

export function openFromAddress() {
  const [, , kind, number] = location.pathname.split('/')
  if (KINDS[kind] && number) openItem(`${kind}:${number}`)
}

/** Names and numbers in the open transcript; that one looked is recorded. */
export async function reveal() {
  const id = open.id
  const answer = await ask('POST', `${addressOf(id)}/reveal`)
  if (open.id !== id) return
  open.revealed = true
  open.phone = answer.phone
  merge(answer.entries)
}

/** Do something with an item: `what` is the last part of its address. */
export const act = (id, what, body) => ask('POST', `${addressOf(id)}/${what}`, { body: body ?? {} })
