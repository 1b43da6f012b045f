// The case that is being written. Fields are filled from the conversation until a hand has touched them; from then on
// they are the operator's. Everything is kept in the browser until it is filed; the form of a call by the service, too.

import { reactive, watch } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { categoryOf } from '../desk/reference.js'
import { hasRole } from '../desk/session.js'
import { DRAFTED, fieldsOf, sent } from './drafts.js'
import { addressOf, isCall } from './kinds.js'
import { keep, kept, newId } from './storage.js'
import { understand } from './understanding.js'
import { item, open } from './wire.js'

const PAUSE = 500
const RETRY = 3_000

const empty = () => ({ value: '', hand: false, sure: 0, from: [] })
const blank = () => ({
  client_id: newId(),
  description: empty(),
  category: empty(),
  wish: empty(),
  place: { ...empty(), value: { text: '', lat: null, lng: null } },
  name: empty(),
  phone: { ...empty(), seq: null },
  confidential: { ...empty(), value: false },
})

/**
 * `fields` as they stand; `candidates` for the category; `place` as the city knows it, with `places` of the same name;
 * `outlook`: who would handle it and by when; `similar` cases; `filed`: what became of it. Of a call also the `number`
 * of the form, what is `unsaved` of it by name of the field, and the `danger` that the caller speaks of.
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
  number: 1,
  unsaved: {},
  danger: null,
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
const keepForm = () => keep(stored(), { fields: form.fields, filed: form.filed, number: form.number, unsaved: form.unsaved })
const soon = (name, work, pause = PAUSE) => {
  clearTimeout(timers[name])
  timers[name] = setTimeout(work, pause)
}

export function startForm() {
  const stop = [
    watch(
      () => open.id,
      (_now, previous) => {
        // what was typed in a call that is left now is still on its way
        if (previous && isCall(previous)) Object.keys(form.unsaved).forEach((name) => put(previous, name).catch(() => {}))
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
          number: before?.number ?? 1,
          unsaved: before?.unsaved ?? {},
          danger: null,
          busy: false,
          sure: false,
          problem: null,
          readingProblem: '',
        })
        Object.keys(form.unsaved).forEach((name) => soon(`save ${name}`, () => save(name)))
      },
      { immediate: true },
    ),
    watch(
      () => open.call?.forms,
      (drafts) => drafts && takeDraft(drafts),
    ),
    watch(
      () => open.entries.map(({ id, text, role, location }) => (role === 'resident' ? `${id}${text}${location?.lat}` : '')).join(),
      (now) => now && !isCall(open.id) && soon('read', readTalk),
    ),
    watch(
      () => JSON.stringify(Object.values(form.fields).map(({ value }) => value)),
      () => {
        form.sure = false
      },
    ),
    watch(
      () => JSON.stringify([form.fields, form.filed, form.number, form.unsaved]),
      () => open.id && keepForm(),
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

/** What the service has understood of a call so far; what is typed here and not there yet stays. */
function takeDraft(drafts) {
  const draft = drafts.find(({ number }) => number === form.number)
  if (!draft) return
  for (const [name, field] of Object.entries(fieldsOf(draft, open.entries)))
    if (!(name in form.unsaved)) form.fields[name] = { ...form.fields[name], ...field }
  Object.assign(form, { candidates: draft.categories ?? [], danger: draft.danger ?? null })
  const second = drafts.find(({ number, case_no }) => number > form.number && !case_no)
  form.more = second ? [{ start: second.number, text: second.fields.description?.value ?? '' }] : []
  if (draft.case_no && form.filed?.case_no !== draft.case_no) showFiled(draft.case_no, open.id)
}

async function showFiled(case_no, id) {
  const facts = await ask('GET', `/cases/${case_no}`, { background: true }).catch(() => ({}))
  if (open.id === id) form.filed = { ...facts, case_no }
}

/** Send a field as it stands to the form that the service keeps. */
function put(id, name) {
  const { value } = form.fields[name]
  const body = { value: sent(name, value, name === 'category' ? categoryOf(value)?.name : '') }
  return ask('PUT', `${addressOf(id)}/forms/${form.number}/fields/${name}`, { body })
}

async function save(name) {
  const id = open.id
  const mark = form.unsaved[name]
  if (mark === undefined) return
  try {
    await put(id, name)
    if (open.id === id && form.unsaved[name] === mark) delete form.unsaved[name]
  } catch (error) {
    if (isAbort(error) || open.id !== id) return
    if (error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status)) form.problem = error
    else soon(`save ${name}`, () => save(name), RETRY)
  }
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
  if (!isCall(open.id)) return
  form.unsaved[name] = (form.unsaved[name] ?? 0) + 1
  soon(`save ${name}`, () => save(name))
}

/** Back to what the conversation says. */
export function readAgain(name) {
  form.fields[name] = { ...form.fields[name], hand: false }
  if (isCall(open.id)) {
    delete form.unsaved[name]
    ask('PUT', `${addressOf(open.id)}/forms/${form.number}/fields/${name}`, { body: { value: null } }).catch((error) => {
      form.problem = error
    })
    return
  }
  read = ''
  readTalk()
}

/** What is missing before it can be filed, in words; empty when nothing is. */
export function missing() {
  if (!hasRole('operator')) return '只有受理员可以登记案件。'
  if (isCall(open.id) && !open.call?.mine) return '请先接听这通电话。'
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
  if (isCall(open.id)) return fileCall(open.id)
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
    }
  } catch (error) {
    form.problem = error
  } finally {
    form.busy = false
    form.sure = false
  }
}

async function fileCall(id) {
  try {
    await Promise.all(Object.keys(form.unsaved).map(save))
    if (form.problem) return
    if (Object.keys(form.unsaved).length) throw { detail: '断网了，填的还没有存好；连上以后请再按一次。' }
    const { case_no } = await ask('POST', `${addressOf(id)}/forms/${form.number}/file`, { body: {} })
    await showFiled(case_no, id)
  } catch (error) {
    form.problem = error
  } finally {
    form.busy = false
    form.sure = false
  }
}

/** Another form of the same call. */
export function turnTo(number) {
  Object.assign(form, { number, fields: blank(), filed: null, unsaved: {}, more: [], similar: [], outlook: null })
  takeDraft(open.call?.forms ?? [])
}

/** A second case from the same conversation. */
export function another() {
  if (isCall(open.id)) {
    turnTo(form.number + 1)
    return
  }
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
