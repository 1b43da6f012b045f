// Asks whether somebody is still there, before the session ends by itself.

import { h } from './vue.js'
import { Sheet, button } from './controls.js'
import { secondsLeft, signOut, stay } from './session.js'

/** The notice while the last minute runs, else nothing. */
export function idleNotice() {
  if (secondsLeft.value === null) return null
  return h(Sheet, { title: '还在吗？', onClose: stay }, () => [
    h('p', { role: 'alert' }, [
      '已有一段时间没有操作。为保护居民信息，',
      h('strong', null, `${secondsLeft.value} 秒`),
      '后自动退出。',
    ]),
    h('div', { class: 'sheet-do' }, [
      button('现在退出', { onClick: () => signOut() }),
      button('继续工作', { look: 'primary', onClick: stay, autofocus: true }),
    ]),
  ])
}
