// Keys for people whose hands stay on the keyboard.

import { onBeforeUnmount, onMounted } from './vue.js'

// with a Chinese input method on, these keys say something else
const SAME_KEY = { '、': '/', '？': '?', '。': '.' }

/** What `?` shows, in this order. */
export const KEYS = [
  { keys: ['j', 'k'], words: '下一件、上一件' },
  { keys: ['Enter'], words: '打开选中的案件' },
  { keys: ['J', 'K'], words: '打开下一件、上一件（按住 Shift）' },
  { keys: ['/'], words: '搜索' },
  { keys: ['r'], words: '刷新列表' },
  { keys: ['c'], words: '复制打开的案件编号' },
  { keys: ['Esc'], words: '关闭案件；离开输入框' },
  { keys: ['?'], words: '显示或收起这张表' },
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
