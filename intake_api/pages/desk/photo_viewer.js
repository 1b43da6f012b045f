// Looking at photos closely: full window, one or two beside each other, zoomed together, all by keyboard as well.

import { computed, h, onMounted, reactive, ref } from './vue.js'
import { button, iconButton } from './controls.js'
import { shortTime } from './clock.js'

const MOST = 6
export const photoAddress = (file) => `/api/v1/attachments/${encodeURIComponent(file.attachment_id)}`

/**
 * `groups`: `{title, files}` such as before and after, files with `attachment_id` and perhaps `at`; `start`:
 * `{group, file}` by place. With several groups two are shown beside each other.
 */
export const PhotoViewer = {
  props: { groups: Array, start: Object },
  emits: ['close'],
  setup(props, { emit }) {
    const element = ref(null)
    const at = reactive(props.groups.map((_, i) => (i === props.start.group ? props.start.file : 0)))
    const hand = ref(props.start.group)
    const both = ref(props.groups.length > 1)
    const view = reactive({ zoom: 1, x: 0, y: 0 })
    let drag = null
    onMounted(() => element.value.showModal())

    const shown = computed(() => {
      if (!both.value) return [hand.value]
      const other = hand.value === 0 ? 1 : 0
      return [Math.min(hand.value, other), Math.max(hand.value, other)]
    })
    function step(by) {
      const { length } = props.groups[hand.value].files
      at[hand.value] = (at[hand.value] + by + length) % length
    }
    /** From one group to the next, such as from before to after. */
    function turn(by) {
      hand.value = (hand.value + by + props.groups.length) % props.groups.length
    }
    function zoom(factor) {
      view.zoom = Math.min(MOST, Math.max(1, view.zoom * factor))
      if (view.zoom === 1) Object.assign(view, { x: 0, y: 0 })
    }
    const whole = () => Object.assign(view, { zoom: 1, x: 0, y: 0 })
    const keys = {
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
      '+': () => zoom(1.4),
      '=': () => zoom(1.4),
      '-': () => zoom(1 / 1.4),
      0: whole,
      ArrowDown: () => turn(1),
      ArrowUp: () => turn(-1),
      b: () => {
        if (props.groups.length > 1) both.value = !both.value
      },
    }
    function pressed(event) {
      const act = keys[event.key]
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      act()
    }
    const dragging = {
      onPointerdown: (event) => {
        if (view.zoom === 1) return
        drag = { x: event.clientX - view.x, y: event.clientY - view.y }
        event.currentTarget.setPointerCapture(event.pointerId)
      },
      onPointermove: (event) => {
        if (drag) Object.assign(view, { x: event.clientX - drag.x, y: event.clientY - drag.y })
      },
      onPointerup: () => {
        drag = null
      },
      onWheel: (event) => {
        event.preventDefault()
        zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)
      },
      onDblclick: () => (view.zoom > 1 ? whole() : zoom(2.5)),
    }

    function pane(group) {
      const { title, files } = props.groups[group]
      const file = files[at[group]]
      const several = files.length > 1
      return h(
        'figure',
        { key: group, class: { hand: both.value && hand.value === group }, onClick: () => (hand.value = group) },
        [
          h('figcaption', null, [
            h('strong', null, title),
            h('span', null, several ? `${at[group] + 1} / ${files.length}` : ''),
            file.at ? h('time', null, shortTime(file.at)) : null,
          ]),
          h(
            'div',
            { class: ['lens', { close: view.zoom > 1 }], ...dragging },
            h('img', {
              src: photoAddress(file),
              alt: `${title}，照片 ${at[group] + 1}`,
              draggable: false,
              style: { transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` },
            }),
          ),
          several
            ? h('div', { class: 'photo-steps' }, [
                iconButton('back', `${title}：上一张`, () => ((hand.value = group), step(-1))),
                iconButton('next', `${title}：下一张`, () => ((hand.value = group), step(1))),
              ])
            : null,
        ],
      )
    }

    return () =>
      h(
        'dialog',
        { ref: element, class: 'viewer', 'aria-label': '照片', onClose: () => emit('close'), onKeydown: pressed },
        [
          h('header', null, [
            props.groups.length > 1
              ? button(both.value ? '只看一张' : '并排看', { onClick: keys.b, title: '并排或只看一张（b）' })
              : null,
            button('放大', { onClick: () => zoom(1.4), title: '放大（+）' }),
            button('缩小', { onClick: () => zoom(1 / 1.4), title: '缩小（-）', disabled: view.zoom === 1 }),
            h(
              'span',
              { class: 'viewer-keys' },
              props.groups.length > 1
                ? '↑ ↓ 换一边　← → 换一张　+ - 缩放　b 并排　Esc 关闭'
                : '← → 换一张　+ - 缩放　Esc 关闭',
            ),
            iconButton('close', '关闭（Esc）', () => emit('close')),
          ]),
          h('div', { class: ['figures', { both: both.value }] }, shown.value.map(pane)),
        ],
      )
  },
}
