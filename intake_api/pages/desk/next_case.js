// The button that takes up the next case, and what it says when none waits.

import { h, ref } from './vue.js'
import { button } from './controls.js'
import { claimNext, hasNext } from './claims.js'
import { queue } from './queue.js'
import { useShortcuts } from './shortcuts.js'

const SAID_FOR = 6_000

/** `N` anywhere on the page that shows it. */
export const NextCase = {
  setup() {
    const busy = ref(false)
    const said = ref('')
    let timer = 0
    async function next() {
      if (busy.value || !hasNext()) return
      busy.value = true
      said.value = ''
      clearTimeout(timer)
      try {
        if (!(await claimNext())) said.value = '现在没有等您领的案件'
      } catch (error) {
        said.value = error.detail
      } finally {
        busy.value = false
        queue.said = said.value
        timer = setTimeout(() => {
          said.value = ''
        }, SAID_FOR)
      }
    }
    useShortcuts({ N: next })
    return () =>
      hasNext()
        ? h('span', { class: 'next-case' }, [
            said.value ? h('span', { class: 'quiet', role: 'status' }, said.value) : null,
            button('领下一件', {
              glyph: 'next',
              busy: busy.value,
              onClick: next,
              title: '按优先次序领一件没人领的，十分钟内归您（N）',
              'aria-keyshortcuts': 'N',
            }),
          ])
        : null
  },
}
