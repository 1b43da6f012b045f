// The conversation that led to the case, folded until somebody wants it.

import { h } from './vue.js'
import { shortTime } from './clock.js'

const SPEAKERS = {
  user: '反映人',
  resident: '反映人',
  reporter: '反映人',
  bot: '一号通',
  assistant: '一号通',
  operator: '受理员',
  staff: '受理员',
}
const RESIDENT = new Set(['user', 'resident', 'reporter'])

export function transcript(lines) {
  return h('details', { class: 'fold' }, [
    h('summary', null, [h('span', null, '对话记录'), h('span', { class: 'quiet' }, `${lines.length} 句`)]),
    h(
      'ol',
      { class: 'chat' },
      lines.map((line, i) =>
        h('li', { key: i, class: RESIDENT.has(line.role) ? 'theirs' : 'ours' }, [
          h('span', { class: 'quiet' }, [SPEAKERS[line.role] ?? line.role, line.at ? ` ${shortTime(line.at)}` : '']),
          h('p', null, line.text),
        ]),
      ),
    ),
  ])
}
