// Saved views in the rail, and the sheet in which one is named, shared, changed or deleted.

import { computed, h, onBeforeUnmount, reactive, ref, shallowRef } from './vue.js'
import { Sheet, TextField, button, iconButton, problemNote } from './controls.js'
import { ROLES } from './labels.js'
import { link } from './router.js'
import { filtersSet } from './queue.js'
import { filterWords } from './filter_words.js'
import { countOf, deleteView, hasViews, loadViews, present, saveView, viewAddress, viewAt, views } from './views.js'
import { whileLooking } from './work.js'

const SHARED = ROLES.filter(({ code }) =>
  ['operator', 'dispatcher', 'handler', 'verifier', 'supervisor'].includes(code),
)
/** How many looks of 15 s pass before counts are asked for again: counting is not free. */
const EVERY = 4

/** `view` to change, or null for a new one of the present filters. */
export const ViewSheet = {
  props: { view: Object },
  emits: ['close'],
  setup(props, { emit }) {
    const entry = reactive({
      name: props.view?.name ?? '',
      shared: [...(props.view?.shared_with ?? [])],
      anew: false,
    })
    const busy = ref(false)
    const tried = ref(false)
    const asked = ref(false)
    const problem = ref(null)
    const now = present()
    const differs = computed(
      () => props.view && Object.keys(now).length && JSON.stringify(now) !== JSON.stringify(props.view.filters),
    )
    const kept = computed(() => (props.view && !entry.anew ? props.view.filters : now))

    async function run(work) {
      if (busy.value) return
      busy.value = true
      problem.value = null
      try {
        await work()
        emit('close')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    function submit(event) {
      event.preventDefault()
      tried.value = true
      if (!entry.name.trim()) return
      const body = { name: entry.name.trim(), filters: kept.value, shared_with: entry.shared }
      run(() => saveView(body, props.view?.id ?? null))
    }
    const toggle = (code, on) => {
      entry.shared = on ? [...entry.shared, code] : entry.shared.filter((other) => other !== code)
    }

    return () =>
      h(Sheet, { title: props.view ? '改视图' : '存为视图', onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h(TextField, {
            label: '名称',
            value: entry.name,
            autofocus: true,
            autocomplete: 'off',
            maxlength: 60,
            problem: problem.value?.at?.('/name') || (tried.value && !entry.name.trim() ? '请起个名称。' : ''),
            onInput: (value) => {
              entry.name = value
            },
          }),
          h('p', { class: 'quiet' }, `筛选：${filterWords(kept.value).join('，') || '全部案件'}`),
          differs.value
            ? h('label', { class: ['switch', { on: entry.anew }] }, [
                h('input', {
                  type: 'checkbox',
                  checked: entry.anew,
                  onChange: (event) => {
                    entry.anew = event.target.checked
                  },
                }),
                h('span', null, '改用现在的筛选'),
              ])
            : null,
          h('fieldset', { class: 'view-share' }, [
            h('legend', null, '也给这些岗位看（可不选）'),
            h(
              'div',
              { class: 'few-options' },
              SHARED.map(({ code, label }) =>
                h('label', { key: code, class: { on: entry.shared.includes(code) } }, [
                  h('input', {
                    type: 'checkbox',
                    checked: entry.shared.includes(code),
                    onChange: (event) => toggle(code, event.target.checked),
                  }),
                  h('span', null, label),
                ]),
              ),
            ),
            h('p', { class: 'quiet' }, '各人看到的仍只是自己有权看的案件。'),
          ]),
          problemNote(problem.value),
          h('div', { class: 'sheet-do' }, [
            props.view
              ? asked.value
                ? button('确定删除', {
                    class: 'danger',
                    busy: busy.value,
                    onClick: () => run(() => deleteView(props.view.id)),
                  })
                : button('删除', {
                    look: 'quiet',
                    onClick: () => {
                      asked.value = true
                    },
                  })
              : null,
            button('取消', { onClick: () => emit('close') }),
            button('保存', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

export const ViewRail = {
  setup() {
    const sheet = shallowRef(null)
    loadViews()
    let turns = 0
    const stop = whileLooking(() => {
      turns += 1
      if (turns % EVERY === 0) loadViews({ background: true })
    })
    onBeforeUnmount(stop)

    const row = (view) => {
      const at = viewAt()?.id === view.id
      const shared = view.mine ? (view.shared_with.length ? '已分享' : '') : view.owner_name
      return h('li', { key: view.id, class: 'view-row' }, [
        link(
          viewAddress(view),
          {
            class: ['state-row', { at }],
            'aria-current': at ? 'true' : undefined,
            title: [filterWords(view.filters).join('，'), shared && !view.mine ? `${shared}分享` : shared]
              .filter(Boolean)
              .join(' · '),
          },
          [
            h('span', { class: 'view-name' }, [view.name, shared ? h('small', null, shared) : null]),
            h('span', { class: 'count' }, countOf(view)),
          ],
        ),
        view.mine
          ? iconButton('edit', `改视图“${view.name}”`, () => {
              sheet.value = { view }
            })
          : null,
      ])
    }

    return () => {
      if (!hasViews()) return null
      const offer = filtersSet.value.length > 0 && !viewAt()
      return h('section', { class: 'views', 'aria-label': '视图' }, [
        h('h3', null, '视图'),
        views.items?.length ? h('ul', { class: 'states' }, views.items.map(row)) : null,
        problemNote(views.problem, () => loadViews()),
        offer
          ? button('把现在的筛选存为视图', {
              look: 'quiet',
              glyph: 'plus',
              onClick: () => {
                sheet.value = { view: null }
              },
            })
          : views.items && !views.items.length
            ? h('p', { class: 'quiet view-hint' }, '选好筛选，可以存成视图')
            : null,
        sheet.value
          ? h(ViewSheet, {
              view: sheet.value.view,
              onClose: () => {
                sheet.value = null
              },
            })
          : null,
      ])
    }
  },
}
