// What was asked of somebody while the case goes on: help, more time, a look on the spot, a call back.

import { h } from './vue.js'
import { shortTime } from './clock.js'

const STATES = {
  asked: { label: '等审批', tone: 'care' },
  granted: { label: '等反馈', tone: 'busy' },
  refused: { label: '不同意', tone: 'off' },
  done: { label: '已完成', tone: 'done' },
  void: { label: '不再需要', tone: 'off' },
}
/** What a finished task is called where "done" says too little. */
const DONE = {
  extend: '已批准',
  suspend: '已批准',
  reopen: '已决定',
  call_back: '已回访',
  check: '已回复',
  assist: '已反馈',
}

const isOpen = ({ state }) => state === 'asked' || state === 'granted'

/** Those that wait come first; those that were overtaken are not worth a line. */
export function sideTasks(tasks) {
  const shown = tasks.filter(({ state }) => state !== 'void').sort((one, other) => isOpen(other) - isOpen(one))
  return h(
    'ul',
    { class: 'side-tasks' },
    shown.map((task) => {
      const state = STATES[task.state]
      return h('li', { key: task.id, class: { waits: isOpen(task) } }, [
        h('div', { class: 'saying-head' }, [
          h('strong', null, task.kind_label),
          task.department ? h('span', null, task.department.name) : null,
          h('span', { class: ['tag', state.tone] }, task.state === 'done' ? DONE[task.kind] : state.label),
          h('time', { class: 'quiet', datetime: task.asked_at }, shortTime(task.asked_at)),
        ]),
        task.reason ? h('p', null, task.reason) : null,
        task.until
          ? h('p', { class: 'quiet' }, `${task.kind === 'suspend' ? '挂到' : '期限'} ${shortTime(task.until)}`)
          : null,
        task.answer ? h('p', { class: 'event-reason' }, task.answer) : null,
      ])
    }),
  )
}

export const hasTasks = (tasks) => (tasks ?? []).some(({ state }) => state !== 'void')
