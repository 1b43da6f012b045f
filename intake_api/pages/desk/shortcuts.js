// Keys for people whose hands stay on the keyboard.

import { h, onBeforeUnmount, onMounted } from './vue.js'
import { ACTIONS } from './action_table.js'
import { ACTION_LABELS } from './labels.js'

// with a Chinese input method on, these keys say something else
const SAME_KEY = { '、': '/', '？': '?', '。': '.' }

/** What `?` shows, in this order. */
const KEYS = [
  { keys: ['0'], words: '我的工作' },
  { keys: ['1', '…', '9'], words: '打开第几张工作清单' },
  { keys: ['j', 'k'], words: '下一件、上一件' },
  { keys: ['Enter'], words: '打开选中的案件' },
  { keys: ['J', 'K'], words: '打开下一件、上一件（按住 Shift）' },
  { keys: ['N'], words: '按优先次序领下一件' },
  { keys: ['w'], words: '领办打开的案件；再按放回' },
  { keys: ['V'], words: '选中光标所在的案件，选几件一起办' },
  { keys: ['A'], words: '选中列出的全部' },
  { keys: ['T'], words: '办理选中的' },
  { keys: ['/'], words: '搜索' },
  { keys: ['r'], words: '刷新列表' },
  { keys: ['.'], words: '办理：案件现在最该办的一项' },
  { keys: ['Ctrl', 'Enter'], words: '提交正在填写的' },
  { keys: ['c'], words: '复制打开的案件编号' },
  { keys: ['C'], words: '更正分类或地点' },
  { keys: ['Esc'], words: '关闭案件；离开输入框' },
  { keys: ['?'], words: '显示或收起这张表' },
]

const table = (lines) =>
  h(
    'dl',
    { class: 'keys' },
    lines.flatMap(({ keys, words }) => [
      h(
        'dt',
        null,
        keys.map((key) => h('kbd', null, key)),
      ),
      h('dd', null, words),
    ]),
  )

/** The keys as a table, for an empty pane and for `?`. */
export const keyTable = () => table(KEYS)

/** All keys, those of the actions too: an action that a case does not offer has no effect. */
export const wholeKeyTable = () => [
  table(KEYS),
  h('h3', null, '办理（大写字母按住 Shift）'),
  h(
    'div',
    { class: 'action-keys' },
    table(Object.entries(ACTIONS).map(([action, { key }]) => ({ keys: [key], words: ACTION_LABELS[action] }))),
  ),
]

const typing = (element) => Boolean(element?.closest?.('input, textarea, select, [contenteditable]'))

/** Listen while the calling component is shown. `table` maps a key to what it does; `Escape` works in fields too. */
export function useShortcuts(table) {
  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return
    const key = SAME_KEY[event.key] ?? event.key
    const act = table[key]
    if (!act) return
    if (typing(event.target)) {
      if (key === 'Escape') event.target.blur()
      return
    }
    if (document.querySelector('dialog[open]') && key !== '?') return
    event.preventDefault()
    act(event)
  }
  onMounted(() => window.addEventListener('keydown', pressed))
  onBeforeUnmount(() => window.removeEventListener('keydown', pressed))
}
