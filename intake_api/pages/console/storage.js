// What was typed, kept in this browser until the server has it: words on their way, drafts, forms. Whoever logs in next
// does not see it.

import { session } from '../desk/session.js'

const key = (name) => `yht.console.${session.staff?.id ?? 'nobody'}.${name}`

export function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key(name))) ?? otherwise
  } catch {
    return otherwise
  }
}

export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(key(name))
    else localStorage.setItem(key(name), JSON.stringify(value))
  } catch {
    // storage may be full or forbidden: what was typed then lasts until the page is closed
  }
}

/** Forget what belongs to items that are over. `alive` says which are not. */
export function forgetOthers(prefix, alive) {
  try {
    const start = key(prefix)
    for (const name of Object.keys(localStorage))
      if (name.startsWith(start) && !alive(name.slice(start.length))) localStorage.removeItem(name)
  } catch {
    // nothing to forget
  }
}

export const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2, 12)}`
