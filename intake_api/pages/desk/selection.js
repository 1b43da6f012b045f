// Which cases of the list are chosen, to do one thing with all of them.

import { reactive, watch } from './vue.js'
import { filters, queue } from './queue.js'

/** So many the server takes at once. */
export const MOST = 200

/**
 * `on`: whether one chooses; `chosen`: by number, each case as it was when it was chosen, so that what happened to it
 * since is not acted over.
 */
export const selection = reactive({ on: false, chosen: new Map() })

export const chosenItems = () => [...selection.chosen.values()]
export const isChosen = (number) => selection.chosen.has(number)
export const isFull = () => selection.chosen.size >= MOST

let last = ''

function put(item, wanted) {
  if (!wanted) selection.chosen.delete(item.case_no)
  else if (!isFull()) selection.chosen.set(item.case_no, { ...item })
}

/** Choose a case, or leave it out again. `through`: all between the last one touched and this one too. */
export function toggle(number, { through = false } = {}) {
  const at = queue.items.findIndex((item) => item.case_no === number)
  if (at < 0) return
  selection.on = true
  const wanted = !isChosen(number)
  const from = through ? queue.items.findIndex((item) => item.case_no === last) : -1
  const [low, high] = from < 0 ? [at, at] : [Math.min(from, at), Math.max(from, at)]
  for (const item of queue.items.slice(low, high + 1)) put(item, from < 0 ? wanted : true)
  last = number
}

/** Choose all that are listed, or none when all are. */
export function toggleAll() {
  selection.on = true
  const all = queue.items.every((item) => isChosen(item.case_no))
  for (const item of queue.items) put(item, !all)
}

export function clear() {
  selection.on = false
  selection.chosen.clear()
  last = ''
}

/** What is acted on from now on: chosen cases as the list shows them at this moment. */
export function seeAnew(numbers) {
  const shown = new Map(queue.items.map((item) => [item.case_no, item]))
  for (const number of numbers) {
    if (shown.has(number)) selection.chosen.set(number, { ...shown.get(number) })
    else selection.chosen.delete(number)
  }
}

/** Leave out cases that are done with. */
export function leaveOut(numbers) {
  for (const number of numbers) selection.chosen.delete(number)
  if (!selection.chosen.size) clear()
}

// another list: what was chosen is no longer in sight
watch(() => JSON.stringify(filters.value), clear)
