// What can be done with the open case now: what its state waits for first, the rest in a menu; a key for each.

import { h, onBeforeUnmount, ref } from './vue.js'
import { icon } from './icons.js'
import { ACTIONS, inOrder } from './action_table.js'
import { hasDraft } from './action_sheet.js'

const IN_SIGHT = 4

/** `offered` by the server; emits `act` with the action chosen. */
export const ActionBar = {
  props: { number: String, offered: Array },
  emits: ['act'],
  setup(props, { emit }) {
    const open = ref(false)
    const element = ref(null)
    const outside = (event) => {
      if (!element.value?.contains(event.target)) open.value = false
    }
    window.addEventListener('pointerdown', outside)
    onBeforeUnmount(() => window.removeEventListener('pointerdown', outside))
    const choose = (action) => {
      open.value = false
      emit('act', action)
    }

    const one = ({ action, label }, i) =>
      h(
        'button',
        {
          key: action,
          type: 'button',
          class: ['button', i ? 'plain' : 'primary', 'deed'],
          title: `${label}（${ACTIONS[action].key}）`,
          'aria-keyshortcuts': ACTIONS[action].key,
          onClick: () => choose(action),
        },
        [
          label,
          hasDraft(props.number, action) ? h('span', { class: 'draft', title: '有没提交的内容' }, '草稿') : null,
          h('kbd', { 'aria-hidden': 'true' }, ACTIONS[action].key),
        ],
      )
    const entry = ({ action, label }, i) =>
      h(
        'button',
        {
          key: action,
          type: 'button',
          role: 'menuitem',
          class: ['menu-item', { early: i < IN_SIGHT - 1 }],
          onClick: () => choose(action),
        },
        [
          h('span', null, label),
          hasDraft(props.number, action) ? h('span', { class: 'draft' }, '草稿') : null,
          h('kbd', { 'aria-hidden': 'true' }, ACTIONS[action].key),
        ],
      )

    return () => {
      const all = inOrder(props.offered ?? [])
      if (!all.length) return null
      const sight = all.slice(0, IN_SIGHT)
      const rest = all.slice(1)
      return h('footer', { class: 'deeds', role: 'toolbar', 'aria-label': '办理' }, [
        ...sight.map(one),
        rest.length
          ? h(
              'div',
              {
                class: ['more', { few: all.length <= IN_SIGHT }],
                ref: element,
                onKeydown: (event) => {
                  if (event.key !== 'Escape' || !open.value) return
                  event.stopPropagation()
                  open.value = false
                },
              },
              [
                h(
                  'button',
                  {
                    type: 'button',
                    class: 'button plain',
                    'aria-haspopup': 'menu',
                    'aria-expanded': String(open.value),
                    onClick: () => {
                      open.value = !open.value
                    },
                  },
                  ['更多', icon('up', { size: 12 })],
                ),
                open.value ? h('div', { class: 'menu', role: 'menu' }, rest.map(entry)) : null,
              ],
            )
          : null,
      ])
    }
  },
}
