// What else helps while somebody speaks: the caller's earlier cases, articles that answer them, and how calls are
// answered today.

import { reactive, watch } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { hasRole } from '../desk/session.js'
import { form } from './form.js'
import { board, open } from './wire.js'

const PAUSE = 900
const LONGEST_QUESTION = 200
const LEVEL_EVERY = 15_000

/** `earlier`: the caller's cases, null while not known; `articles` that may answer; `level` of service today. */
export const beside = reactive({ earlier: null, articles: [], level: null })

export function watchBeside() {
  let asking = new AbortController()
  let timer = null
  async function askLevel() {
    try {
      beside.level = await ask('GET', '/channels/hotline/service-level', { background: true })
    } catch {
      beside.level = null // the list still shows who waits
    }
  }
  async function askArticles(question) {
    const { signal } = asking
    try {
      const query = { q: question.slice(0, LONGEST_QUESTION), limit: 3 }
      const { items } = await ask('GET', '/knowledge/search', { query, signal, background: true })
      if (!signal.aborted) beside.articles = items.filter(({ fit }) => fit !== 'none')
    } catch {
      // only a help: the next words ask again
    }
  }
  async function askEarlier(phone) {
    const { signal } = asking
    try {
      const { items } = await ask('POST', '/cases/of-caller', { body: { phone }, signal, background: true })
      if (!signal.aborted) beside.earlier = items
    } catch (error) {
      if (!isAbort(error)) beside.earlier = null
    }
  }
  const stops = [
    watch(
      () => open.id,
      () => {
        asking.abort()
        asking = new AbortController()
        clearTimeout(timer)
        Object.assign(beside, { earlier: null, articles: [] })
      },
    ),
    watch(
      () => (open.call?.mine && !open.call.number.includes('*') ? open.call.number : ''),
      (phone) => phone && hasRole('operator') && askEarlier(phone),
      { immediate: true },
    ),
    watch(
      () => form.fields.description.value.trim(),
      (words) => {
        clearTimeout(timer)
        if (words) timer = setTimeout(() => askArticles(words), PAUSE)
      },
      { immediate: true },
    ),
    watch(
      () => board.items.map(({ id, call }) => (call ? id + call.state : '')).join(),
      askLevel,
      { immediate: true },
    ),
  ]
  const every = setInterval(askLevel, LEVEL_EVERY)
  return () => {
    clearInterval(every)
    clearTimeout(timer)
    asking.abort()
    stops.forEach((stop) => stop())
  }
}
