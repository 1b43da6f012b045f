// Saved views: filters under a name, one's own and those that others share with one's office.

import { reactive } from './vue.js'
import { ask, isAbort } from './api.js'
import { FILTERS, filters } from './queue.js'
import { hasRole } from './session.js'
import { address } from './router.js'

const NAMES = [...FILTERS, 'order']

/** `items` as the server answers them, with counts; null before they were asked for. */
export const views = reactive({ items: null, problem: null })

/** Whether this person can have views: those who read cases by their office do, inspectors do not. */
export const hasViews = () => hasRole('operator', 'dispatcher', 'handler', 'verifier', 'supervisor')

export const countOf = (view) => (view.count === null ? '' : view.more ? `${view.count}+` : String(view.count))

/** Filters as a view keeps them: what is set, as text. */
export const present = () =>
  Object.fromEntries(NAMES.map((name) => [name, filters.value[name]]).filter(([, value]) => value))
export const viewAddress = (view) =>
  address('/cases', Object.fromEntries(NAMES.map((name) => [name, view.filters[name] ?? ''])))

const same = (one, other) => NAMES.every((name) => (one[name] ?? '') === (other[name] ?? ''))
/** The view that is being looked at, or undefined. */
export const viewAt = () => views.items?.find((view) => same(view.filters, filters.value))

let way = null

export async function loadViews({ background = false } = {}) {
  if (!hasViews()) return
  way?.abort()
  way = new AbortController()
  try {
    const { items } = await ask('GET', '/views', { query: { counts: 'true' }, background, signal: way.signal })
    Object.assign(views, { items, problem: null })
  } catch (error) {
    // old counts are better than none
    if (!isAbort(error) && !views.items) views.problem = error
  }
}

/** Keep a view, or change it when it has an id. `body`: name, filters, shared_with. */
export async function saveView(body, id = null) {
  await (id === null ? ask('POST', '/views', { body }) : ask('PUT', `/views/${id}`, { body }))
  await loadViews()
}

export async function deleteView(id) {
  await ask('DELETE', `/views/${id}`)
  await loadViews()
}
