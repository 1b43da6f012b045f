// What the page shows: the filters (they are the address), the cases that fit, and the one looked up.

import { reactive, shallowReactive, watch } from '../desk/vue.js'
import { ask, isAbort } from '../desk/api.js'
import { useZone } from '../desk/clock.js'
import { grouped, typedNumber } from '../desk/case_number.js'
import { daysAgo } from './words.js'

const PAGE = 200
const FILTERS = ['state', 'category', 'town', 'days']
const DEFAULTS = { state: '', category: '', town: '', days: '30' }

export const city = shallowReactive({ about: null, categories: [], zone: 'Asia/Shanghai' })

/** `bbox`: only this part of the map. `picked`: case numbers chosen on the map, or null. */
export const filters = reactive({ ...DEFAULTS, bbox: '' })

export const cases = reactive({ items: [], next: null, loading: true, problem: '', picked: null, chosen: '' })

export const lookup = reactive({ typed: '', found: null, problem: '', asking: false })

let asking = null

function readAddress() {
  const given = new URLSearchParams(location.search)
  for (const name of FILTERS) filters[name] = given.get(name) ?? DEFAULTS[name]
  return given.get('no') ?? ''
}

function writeAddress() {
  const said = new URLSearchParams()
  for (const name of FILTERS) if (filters[name] !== DEFAULTS[name]) said.set(name, filters[name])
  if (lookup.found) said.set('no', lookup.found.case_no)
  const query = said.toString()
  history.replaceState(null, '', `${location.pathname}${query ? `?${query}` : ''}`)
}

/** Read the first page, or with `more` the next one. */
export async function load(more = false) {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  cases.loading = true
  cases.problem = ''
  if (!more) cases.picked = null
  try {
    const answer = await ask('GET', '/public/cases', {
      query: {
        state: filters.state,
        category: filters.category,
        town: filters.town,
        from: daysAgo(filters.days, city.zone),
        bbox: filters.bbox,
        limit: PAGE,
        cursor: more ? cases.next : '',
      },
      signal,
    })
    cases.items = more ? [...cases.items, ...answer.items] : answer.items
    cases.next = answer.next
    cases.loading = false
  } catch (error) {
    if (isAbort(error)) return
    cases.problem = error.detail ?? '读取没有成功，请稍后再试。'
    cases.loading = false
  }
}

/** Look a number up as it was typed: spaces, dashes and full width digits are fine. */
export async function look() {
  const number = typedNumber(lookup.typed)
  lookup.found = null
  lookup.problem = ''
  if (!lookup.typed.trim()) return
  if (!number) {
    lookup.problem = '编号是 9 位数字，例如 483 920 175。'
    return
  }
  lookup.asking = true
  try {
    lookup.found = await ask('GET', `/public/cases/${number}`)
    lookup.typed = grouped(number)
  } catch (error) {
    lookup.problem = error.detail ?? '读取没有成功，请稍后再试。'
  } finally {
    lookup.asking = false
    writeAddress()
  }
}

export function forgetLookup() {
  Object.assign(lookup, { typed: '', found: null, problem: '' })
  writeAddress()
}

export async function stagesOf(number) {
  return (await ask('GET', `/public/cases/${number}`)).stages
}

export async function start() {
  const number = readAddress()
  const [about, categories] = await Promise.allSettled([ask('GET', '/city'), ask('GET', '/categories')])
  if (about.status === 'fulfilled') {
    city.about = about.value
    city.zone = about.value.timezone
    useZone(city.zone)
  }
  if (categories.status === 'fulfilled')
    city.categories = categories.value.items.filter((category) => category.kind !== 'referral')
  watch(
    () => [filters.state, filters.category, filters.town, filters.days, filters.bbox],
    () => {
      writeAddress()
      load()
    },
  )
  await load()
  if (number) {
    lookup.typed = number
    await look()
  }
}
