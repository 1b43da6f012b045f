// The address bar is the state: which page, which case, which filters.

import { h, reactive } from './vue.js'

const ROOT = '/desk'

/**
 * `name` is one of home, cases, filters, case, staff, tokens, audit, account, learning, responsibility, figures,
 * hotspots, webhooks, knowledge, article, invitation, unknown; `params` and `query` are plain strings.
 */
export const route = reactive({ name: 'home', params: {}, query: {}, path: ROOT })

const PATTERNS = [
  ['home', /^\/?$/],
  ['cases', /^\/cases\/?$/],
  ['filters', /^\/cases\/filters$/],
  ['case', /^\/cases\/(?<number>\d+)$/],
  ['staff', /^\/staff\/?$/],
  ['tokens', /^\/tokens\/?$/],
  ['audit', /^\/audit\/?$/],
  ['account', /^\/account\/?$/],
  ['webhooks', /^\/webhooks\/?$/],
  ['learning', /^\/learning\/?$/],
  ['figures', /^\/figures\/?$/],
  ['hotspots', /^\/hotspots\/?$/],
  ['responsibility', /^\/responsibility\/?$/],
  ['knowledge', /^\/knowledge\/?$/],
  ['article', /^\/knowledge\/(?<id>new|\d+)$/],
  ['invitation', /^\/invitation\/(?<token>[^/]+)$/],
]

function read() {
  const inside = location.pathname.slice(ROOT.length)
  const [name, match] = PATTERNS.map(([page, pattern]) => [page, pattern.exec(inside)]).find(([, found]) => found) ?? [
    'unknown',
    null,
  ]
  route.name = name
  route.params = { ...match?.groups }
  route.query = Object.fromEntries(new URLSearchParams(location.search))
  route.path = location.pathname
}

/** An address of the desk; empty values of `query` are left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== '' && value !== null && value !== undefined && value !== false,
  )
  return ROOT + path + (given.length ? `?${new URLSearchParams(given)}` : '')
}

export function go(target, { replace = false } = {}) {
  if (target === location.pathname + location.search) return
  history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', target)
  read()
}

/** Back to where one came from inside the desk, or to `fallback` when the page was opened from outside. */
export function goBack(fallback) {
  if (history.state?.inside) history.back()
  else go(fallback, { replace: true })
}

/** A link that changes the address without loading anew; new tabs and copying work as with any link. */
export function link(target, props, children) {
  return h(
    'a',
    {
      ...props,
      href: target,
      onClick(event) {
        props?.onClick?.(event)
        // from another page the desk is loaded as any address
        if (!location.pathname.startsWith(ROOT)) return
        if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
          return
        event.preventDefault()
        go(target)
      },
    },
    children,
  )
}

window.addEventListener('popstate', read)
read()
