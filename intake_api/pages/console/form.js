// The case that is being written. Fields are filled from the conversation until a hand has touched them; from then on
// they are the operator's. Everything is kept in the browser until it is filed.

import { reactive, watch } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { hasRole } from '../desk/session.js'
import { addressOf } from './kinds.js'
import { keep, kept, newId } from './storage.js'
import { understand } from './understanding.js'
import { item, open } from './wire.js'

const PAUSE = 500
export const FIELDS = ['description', 'category', 'place', 'name', 'phone', 'confidential']

const empty = () => ({ value: '', hand: false, sure: 0, from: [] })
const blank = () => ({
  client_id: newId(),
  description: empty(),
  category: empty(),
  place: { ...empty(), value: { text: '', lat: null, lng: null } },
  name: empty(),
  phone: { ...empty(), seq: null },
  confidential: { ...empty(), value: false },
})

/**
 * `fields` as they stand; `candidates` for the category; `place` as the city knows it, with `places` of the same name;
 * `outlook`: who would handle it and by when; `similar` cases; `filed`: what became of it.
 */
export const form = reactive({
  fields: blank(),
  candidates: [],
  act: '',
  more: [],
  place: null,
  places: [],
  outlook: null,
  similar: [],
  filed: null,
  busy: false,
  sure: false,
  problem: null,
  reading: false,
  readingProblem: '',
})

let asking = new AbortController()
let timers = {}
let read = ''

const stored = () => `form.${open.id}`
const soon = (name, work, pause = PAUSE) => {
  clearTimeout(timers[name])
  timers[name] = setTimeout(work, pause)
}

export function startForm() {
  const stop = [
    watch(
      () => open.id,
      () => {
        asking.abort()
        asking = new AbortController()
        Object.values(timers).forEach(clearTimeout)
        timers = {}
        read = ''
        const before = open.id ? kept(stored(), null) : null
        Object.assign(form, {
          fields: before?.fields ? { ...blank(), ...before.fields } : blank(),
          candidates: [],
          act: '',
          more: [],
          place: null,
          places: [],
          outlook: null,
          similar: [],
          filed: before?.filed ?? null,
          busy: false,
          sure: false,
          problem: null,
          readingProblem: '',
        })
      },
      { immediate: true },
    ),
    watch(
      () => open.entries.map(({ id, text, role, location }) => (role === 'resident' ? `${id}${text}${location?.lat}` : '')).join(),
      (now) => now && soon('read', readTalk),
    ),
    watch(
      () => JSON.stringify(form.fields),
      () => {
        if (!open.id) return
        form.sure = false
        keep(stored(), { fields: form.fields, filed: form.filed })
      },
    ),
    watch(
      () => [form.fields.place.value.text, form.fields.place.value.lat],
      () => soon('place', resolve),
    ),
    watch(
      () => [form.fields.category.value, form.place?.lat, form.place?.text, form.fields.description.value],
      () => soon('outlook', lookAhead),
    ),
  ]
  return () => stop.forEach((end) => end())
}

/** Read the conversation again and fill what no hand has touched. */
export async function readTalk() {
  if (form.filed) return
  const { signal } = asking
  const entries = [...open.entries]
  const key = entries.map(({ id }) => id).join()
  if (key === read) return
  form.reading = true
  try {
    const { found, candidates, act, problems } = await understand(entries, signal)
    read = key
    Object.assign(form, { candidates, act, more: problems.slice(1), readingProblem: '' })
    // the number that the resident gave the assistant for a call-back
    if (!found.phone && item.value?.phone) found.phone = { value: item.value.phone, seq: 0, sure: 1, from: [] }
    for (const [name, field] of Object.entries(found))
      if (!form.fields[name].hand) form.fields[name] = { ...form.fields[name], ...field, hand: false }
  } catch (error) {
    if (isAbort(error)) return
    form.readingProblem = error.detail
    soon('read', readTalk, 5_000)
  } finally {
    if (!signal.aborted) form.reading = false
  }
}

async function resolve() {
  const { text, lat, lng } = form.fields.place.value
  if (!text && lat === null) {
    form.place = null
    form.places = []
    return
  }
  try {
    const body = lat === null ? { text } : { text, lat, lng }
    const answer = await ask('POST', '/places/resolve', { body, signal: asking.signal, background: true })
    form.place = answer.place
    form.places = answer.candidates
  } catch (error) {
    if (!isAbort(error)) soon('place', resolve, 5_000)
  }
}

async function lookAhead() {
  const { signal } = asking
  const category = form.fields.category.value
  const description = form.fields.description.value.trim()
  const at = form.place && form.place.lat !== null ? { lat: form.place.lat, lng: form.place.lng } : {}
  if (!description) return
  try {
    const wanted = []
    if (hasRole('operator'))
      wanted.push(
        ask('POST', '/cases/preview', { body: { channel: item.value?.channel ?? 'web', ...report() }, signal, background: true }).then((answer) => {
          form.outlook = answer
        }),
      )
    if (category || at.lat)
      wanted.push(
        ask('POST', '/cases/similar', { body: { category, text: description, ...at }, signal, background: true }).then((answer) => {
          form.similar = answer.items.slice(0, 4)
        }),
      )
    await Promise.all(wanted)
  } catch {
    // only a help: the next change asks again
  }
}

/** The report as the intake takes it. */
function report() {
  const { description, category, place } = form.fields
  const { text, lat, lng } = place.value
  return {
    description: description.value.trim(),
    category: category.value,
    category_confidence: category.hand || !category.value ? 1 : category.sure,
    location: lat === null ? { text } : { text, lat, lng },
    ...(form.act ? { act: form.act } : {}),
  }
}

/** A hand has written in a field. */
export function write(name, value, more = {}) {
  form.fields[name] = { ...form.fields[name], ...more, value, hand: true, sure: 1, from: [] }
}

/** Back to what the conversation says. */
export function readAgain(name) {
  form.fields[name] = { ...form.fields[name], hand: false }
  read = ''
  readTalk()
}

/** What is missing before it can be filed, in words; empty when nothing is. */
export function missing() {
  if (!hasRole('operator')) return '只有受理员可以登记案件。'
  if (!form.fields.description.value.trim()) return '还没有写反映的内容。'
  return ''
}

/** The first time it asks; the second time it files. */
export async function file() {
  if (form.busy || form.filed) return
  form.problem = null
  const lack = missing()
  if (lack) {
    form.problem = { detail: lack }
    return
  }
  if (!form.sure) {
    form.sure = true
    return
  }
  form.busy = true
  const id = open.id
  const { client_id, name, phone, confidential } = form.fields
  try {
    const body = {
      client_id,
      report: report(),
      name: name.value.trim(),
      phone: phone.hand ? phone.value.trim() : '',
      phone_in: phone.hand || !phone.value ? null : phone.seq,
      confidential: confidential.value,
    }
    const filed = await ask('POST', `${addressOf(id)}/cases`, { body })
    if (open.id === id) {
      form.filed = filed
      keep(stored(), { fields: form.fields, filed })
    }
  } catch (error) {
    form.problem = error
  } finally {
    form.busy = false
    form.sure = false
  }
}

/** A second case from the same conversation. */
export function another() {
  const { name, phone } = form.fields
  const second = form.more[0]
  const fields = { ...blank(), name, phone }
  // what was said is in the first case already: the second is the operator's to write, or the part about it
  for (const field of ['description', 'category', 'place']) fields[field].hand = true
  if (second) {
    fields.description.value = second.text
    fields.category.value = second.categories[0]?.code ?? ''
    fields.place.value = { text: second.locations.map(({ text }) => text).join(''), lat: null, lng: null }
  }
  Object.assign(form, { fields, filed: null, more: [], similar: [] })
}
