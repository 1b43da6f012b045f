// Below the list while cases are chosen: how many, and what can be done with all of them.

import { computed, h, onBeforeUnmount, ref } from './vue.js'
import { icon } from './icons.js'
import { button } from './controls.js'
import { bulkOffers } from './bulk.js'
import { MOST, chosenItems, clear, isChosen, isFull, selection, toggleAll } from './selection.js'
import { queue } from './queue.js'

/** Emits `act` with the action chosen. */
export const BulkBar = {
  emits: ['act'],
  setup(_props, { emit }) {
    const open = ref(false)
    const element = ref(null)
    const outside = (event) => {
      if (!element.value?.contains(event.target)) open.value = false
    }
    window.addEventListener('pointerdown', outside)
    onBeforeUnmount(() => window.removeEventListener('pointerdown', outside))
    const offers = computed(() => bulkOffers(chosenItems()))
    const count = computed(() => selection.chosen.size)
    function choose(action) {
      open.value = false
      emit('act', action)
    }
    const words = ({ label, fitting }) => (fitting.length < count.value ? `${label} ${fitting.length} 件` : label)

    return () => {
      const [first, ...rest] = offers.value
      const all = queue.items.length > 0 && queue.items.every((item) => isChosen(item.case_no))
      return h('div', { class: 'bulk-bar', role: 'toolbar', 'aria-label': '批量办理' }, [
        h('strong', { role: 'status' }, `已选 ${count.value} 件`),
        isFull() ? h('span', { class: 'quiet' }, `一次最多 ${MOST} 件`) : null,
        button(all ? '全不选' : '全选', { look: 'quiet', title: '选中列出的全部（A）', onClick: toggleAll }),
        h('div', { class: 'bulk-do' }, [
          first
            ? button(words(first), {
                look: 'primary',
                title: `${first.label}（T）`,
                onClick: () => choose(first.action),
              })
            : h('span', { class: 'quiet' }, count.value ? '这些案件没有可以一起办的' : '点左边的框，或按 V 选中'),
          rest.length
            ? h(
                'div',
                {
                  class: 'more',
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
                  open.value
                    ? h(
                        'div',
                        { class: 'menu', role: 'menu' },
                        rest.map((offer) =>
                          h(
                            'button',
                            {
                              key: offer.action,
                              type: 'button',
                              role: 'menuitem',
                              class: 'menu-item',
                              onClick: () => choose(offer.action),
                            },
                            [h('span', null, offer.label), h('span', { class: 'quiet' }, `${offer.fitting.length} 件`)],
                          ),
                        ),
                      )
                    : null,
                ],
              )
            : null,
          button('结束', { look: 'quiet', title: '不再选择（Esc）', onClick: clear }),
        ]),
      ])
    }
  },
}
