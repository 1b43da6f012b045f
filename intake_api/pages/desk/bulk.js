// What can be done with many cases at once, by whom and in which states. The server decides each case for itself.

import { ACTIONS } from './action_table.js'
import { ACTION_LABELS, FINAL_STATES, STATES } from './labels.js'
import { hasRole } from './session.js'

const OPEN = STATES.map(({ code }) => code).filter((code) => !FINAL_STATES.has(code))
const CORRECT = {
  says: '所选案件都改成这个分类，时限按新的分类从原来的起点重算；还没有签收的重新按职责表派遣。',
  fields: [
    { name: 'category', kind: 'category', label: '改为哪个分类', required: true },
    {
      name: 'reason',
      kind: 'words',
      label: '理由',
      required: true,
      maxlength: 500,
      chips: ['看了照片', '电话核实过', '同一类问题分错了类'],
    },
  ],
}

/** By the action's name: `roles` that may do it, `states` in which it is possible. The first is offered first. */
export const BULK = {
  accept: { roles: ['handler'], states: ['dispatched'] },
  file: { roles: ['operator'], states: ['received'] },
  dispatch: { roles: ['dispatcher'], states: ['filed', 'returned'] },
  verify: { roles: ['verifier'], states: ['reported_done'] },
  report_done: { roles: ['handler'], states: ['accepted'] },
  supervise: { roles: ['supervisor'], states: OPEN },
  extend_decide: { roles: ['dispatcher'], states: ['accepted'] },
  suspend_decide: { roles: ['supervisor'], states: ['accepted'] },
  rework: { roles: ['verifier'], states: ['reported_done'] },
  reject: { roles: ['operator'], states: ['received'] },
  return: { roles: ['handler'], states: ['dispatched', 'accepted'] },
  extend: { roles: ['handler'], states: ['accepted'] },
  contact: { roles: ['handler', 'operator'], states: ['dispatched', 'accepted', 'suspended', 'reported_done'] },
  correct: { roles: ['operator', 'dispatcher', 'supervisor'], states: OPEN },
  note: {
    roles: ['operator', 'dispatcher', 'handler', 'verifier', 'supervisor'],
    states: STATES.map(({ code }) => code),
  },
}

// one photo shows one place: evidence is given case by case, and so is an answer to one of several tasks
const ONE_BY_ONE = new Set(['photos', 'task'])

/** `{label, says, fields}` of an action on many cases. */
export function bulkSpec(action) {
  if (action === 'correct') return { label: '更正分类', ...CORRECT }
  const { says, fields } = ACTIONS[action]
  return { label: ACTION_LABELS[action], says, fields: fields.filter(({ kind }) => !ONE_BY_ONE.has(kind)) }
}

/** What this person may do with at least one of `items`: `{action, label, fitting}`, `fitting` cases that it fits. */
export function bulkOffers(items) {
  return Object.entries(BULK)
    .filter(([, { roles }]) => hasRole(...roles))
    .map(([action, { states }]) => ({
      action,
      label: bulkSpec(action).label,
      fitting: items.filter(({ status }) => states.includes(status)).map(({ case_no: number }) => number),
    }))
    .filter(({ fitting }) => fitting.length)
}
