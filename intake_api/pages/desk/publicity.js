// How a case appears to the public, and the words about it that staff release or take back.

import { h, shallowReactive, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { button, problemNote, skeleton } from './controls.js'

export const Publicity = {
  props: { number: String, version: Number },
  emits: ['done'],
  setup(props, { emit }) {
    const shown = shallowReactive({ view: null, problem: null, writing: false, text: '', busy: false, refused: null })
    let way = null

    async function read() {
      way?.abort()
      way = new AbortController()
      shown.problem = null
      try {
        shown.view = await ask('GET', `/cases/${props.number}/public`, { signal: way.signal })
      } catch (error) {
        if (!isAbort(error)) shown.problem = error
      }
    }
    watch(
      () => props.number,
      () => {
        Object.assign(shown, { view: null, writing: false, refused: null })
      },
    )
    watch(() => [props.number, props.version], read, { immediate: true })

    function write() {
      Object.assign(shown, { writing: true, refused: null, text: shown.view.text || shown.view.proposed_text })
    }

    async function decide(action, body) {
      Object.assign(shown, { busy: true, refused: null })
      try {
        shown.view = await ask('POST', `/cases/${props.number}/actions/${action}`, {
          body: { ...body, version: shown.view.version },
        })
        shown.writing = false
        emit('done')
      } catch (error) {
        shown.refused = error
        // somebody was faster: what is shown is old, what was written stays
        if (error.code === 'case_changed') await read()
      } finally {
        shown.busy = false
      }
    }

    const form = () => [
      h('label', { class: 'quiet', for: 'public-text' }, '所有人都会看到。请去掉姓名、号码、楼号房号。'),
      h('textarea', {
        id: 'public-text',
        class: 'public-text',
        rows: 3,
        maxlength: 4000,
        value: shown.text,
        onInput: (event) => {
          shown.text = event.target.value
        },
      }),
      h('p', { class: 'public-buttons' }, [
        button('公开', {
          look: 'primary',
          busy: shown.busy,
          disabled: !shown.text.trim(),
          onClick: () => decide('release', { text: shown.text.trim() }),
        }),
        button('取消', {
          onClick: () => {
            shown.writing = false
          },
        }),
      ]),
    ]

    const words = (view) => [
      view.text
        ? h('p', { class: 'public-words' }, view.text)
        : h('p', { class: 'quiet' }, '公开页上只有分类、地点和进度，还没有说明。'),
      h('p', { class: 'public-buttons' }, [
        button(view.text ? '修改说明' : '写公开的说明', { look: 'quiet', onClick: write }),
        view.text ? button('撤下说明', { look: 'quiet', busy: shown.busy, onClick: () => decide('unrelease', {}) }) : null,
      ]),
    ]

    return () => {
      const { view } = shown
      return h('section', { class: 'block' }, [
        h('h3', null, ['公开', view ? h('span', { class: 'quiet' }, view.public ? '公开' : '不公开') : null]),
        problemNote(shown.problem, read),
        view
          ? view.public
            ? [
                h('p', { class: 'quiet' }, `位置公开为：${view.place.address || '不写'}（${view.place.level_label}）`),
                ...(shown.writing ? form() : words(view)),
              ]
            : h('p', { class: 'quiet' }, `${view.why_hidden}。`)
          : shown.problem
            ? null
            : skeleton(2),
        problemNote(shown.refused),
      ])
    }
  },
}
