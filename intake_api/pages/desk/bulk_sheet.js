// One thing done with many cases: what is filled in once, then what became of each of them.

import { computed, h, nextTick, onBeforeUnmount, onMounted, reactive, ref } from './vue.js'
import { ask, newKey } from './api.js'
import { icon } from './icons.js'
import { button, iconButton, problemNote } from './controls.js'
import { emptyOf, missingIn, valuesOf } from './action_table.js'
import { actionField, startsWriting } from './action_fields.js'
import { BULK, bulkSpec } from './bulk.js'
import { grouped } from './case_number.js'
import { stateTag } from './case_tags.js'
import { link } from './router.js'
import { caseAddress, load } from './queue.js'
import { chosenItems, leaveOut, seeAnew } from './selection.js'
import { countWork } from './work.js'

const NARROW = '(max-width: 759px)'
/** Refusals that a second look at the case may settle. */
const WENT_ON = new Set(['case_changed', 'not_in_this_state', 'conflict'])

/** `action` on all that is chosen; emits `close`. */
export const BulkSheet = {
  props: { action: String },
  emits: ['close'],
  setup(props, { emit }) {
    const spec = bulkSpec(props.action)
    const entry = reactive(emptyOf(spec.fields))
    const element = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    const tried = ref(false)
    const result = ref(null)
    /** The same key for the same cases and words, so that a broken line does nothing twice. */
    let sent = { body: '', key: '' }

    const items = computed(chosenItems)
    const fits = ({ status }) => BULK[props.action].states.includes(status)
    const fitting = computed(() => items.value.filter(fits))
    const others = computed(() => items.value.filter((item) => !fits(item)))
    const lacks = computed(() => (tried.value ? missingIn(spec.fields, entry) : {}))
    const failed = computed(() => result.value?.items.filter(({ done }) => !done) ?? [])
    const stale = computed(() => failed.value.filter(({ code }) => WENT_ON.has(code)))

    onMounted(async () => {
      if (window.matchMedia(NARROW).matches) element.value.showModal()
      else element.value.show()
      await nextTick()
      const body = element.value.querySelector('.act-body')
      if (window.matchMedia(NARROW).matches) body.focus()
      else if (!spec.fields.length) element.value.querySelector('.act-foot .button.primary')?.focus()
      else if (startsWriting(spec.fields)) body.querySelector('.field input, .field textarea').focus()
      else body.focus()
    })

    async function send(event) {
      event?.preventDefault()
      if (busy.value || result.value || !fitting.value.length) return
      tried.value = true
      problem.value = null
      if (Object.keys(missingIn(spec.fields, entry)).length) {
        await nextTick()
        element.value.querySelector('.wrong input, .wrong textarea')?.focus()
        return
      }
      busy.value = true
      try {
        const body = {
          ...valuesOf(spec.fields, entry),
          action: props.action,
          case_nos: fitting.value.map(({ case_no: number }) => number),
          versions: Object.fromEntries(fitting.value.map(({ case_no: number, version }) => [number, version])),
        }
        const text = JSON.stringify(body)
        if (text !== sent.body) sent = { body: text, key: newKey() }
        const answer = await ask('POST', '/cases/bulk', { body, key: sent.key })
        const shown = new Map(items.value.map((item) => [item.case_no, item]))
        // what was not done is read first
        result.value = {
          ...answer,
          items: answer.items
            .map((each) => ({ ...each, item: shown.get(each.case_no) }))
            .sort((one, other) => Number(one.done) - Number(other.done)),
        }
        leaveOut(answer.items.filter(({ done }) => done).map(({ case_no: number }) => number))
        countWork()
        await load({ keep: true })
        await nextTick()
        element.value?.querySelector('.act-foot .button.primary')?.focus()
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }

    /** Those that went on meanwhile, as they are now: looked at, they may be done after all. */
    function again() {
      seeAnew(stale.value.map(({ case_no: number }) => number))
      result.value = null
      problem.value = null
    }

    function pressed(event) {
      const dialog = event.target.closest?.('dialog')
      if (event.isComposing || event.defaultPrevented || (dialog && dialog !== element.value)) return
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event)
      else if (event.key === 'Escape') {
        event.preventDefault()
        emit('close')
      }
    }
    window.addEventListener('keydown', pressed)
    onBeforeUnmount(() => window.removeEventListener('keydown', pressed))

    const line = (item, extra = null) => [
      link(caseAddress(item.case_no), { class: 'number' }, grouped(item.case_no)),
      h('span', { class: 'bulk-what' }, item.category?.name ?? '未分类'),
      h('span', { class: 'quiet bulk-where' }, item.location?.text || '地点不明'),
      extra,
    ]
    const list = (shown) =>
      h(
        'ul',
        { class: 'bulk-cases' },
        shown.map((item) => h('li', { key: item.case_no }, line(item, stateTag(item.status)))),
      )

    function outcome() {
      const { done, items: all } = result.value
      return [
        h('p', { class: 'bulk-sum', role: 'status' }, [
          h('strong', { class: 'good' }, [icon('check'), `办好 ${done} 件`]),
          failed.value.length
            ? h('strong', { class: 'bad' }, [icon('alert'), `没有办 ${failed.value.length} 件`])
            : null,
        ]),
        failed.value.length ? h('p', { class: 'quiet' }, '没有办的还选着，原因写在下面；点编号看案件。') : null,
        h(
          'ul',
          { class: 'bulk-cases' },
          all.map(({ case_no: number, done: ok, detail, item }) =>
            h('li', { key: number, class: { failed: !ok } }, [
              ...line(
                item ?? { case_no: number },
                ok ? h('span', { class: 'good' }, [icon('check', { size: 13 }), spec.label]) : null,
              ),
              ok ? null : h('p', { class: 'bulk-why' }, detail),
            ]),
          ),
        ),
      ]
    }

    function entryForm() {
      return [
        spec.says ? h('p', { class: 'quiet' }, spec.says) : null,
        ...spec.fields.map((field) =>
          actionField(field, entry[field.name], {
            problem: problem.value?.at?.(`/${field.name}`) || lacks.value[field.name] || '',
            tasks: [],
            take: (value) => {
              entry[field.name] = value
            },
          }),
        ),
        h('details', { class: 'fold bulk-fold', open: fitting.value.length <= 6 }, [
          h('summary', null, `办这 ${fitting.value.length} 件`),
          list(fitting.value),
        ]),
        others.value.length
          ? h('details', { class: 'fold bulk-fold' }, [
              h('summary', null, `这 ${others.value.length} 件的状态不能${spec.label}，不动`),
              list(others.value),
            ])
          : null,
      ]
    }

    return () =>
      h(
        'dialog',
        {
          ref: element,
          class: 'act bulk-act',
          'aria-label': `批量${spec.label}`,
          onCancel: (event) => {
            event.preventDefault()
            emit('close')
          },
          onClick: (event) => event.target === element.value && emit('close'),
        },
        h('form', { class: 'act-form', novalidate: true, onSubmit: send }, [
          h('header', { class: 'act-head' }, [
            h('h2', null, `批量${spec.label}`),
            h(
              'span',
              { class: 'quiet' },
              result.value ? '结果' : `${fitting.value.length} 件，逐件办理，一件办不成不影响别的`,
            ),
            iconButton('close', '关闭（Esc）', () => emit('close')),
          ]),
          h('div', { class: 'act-body', tabindex: -1 }, result.value ? outcome() : entryForm()),
          h('footer', { class: 'act-foot' }, [
            result.value ? null : problemNote(problem.value),
            problem.value && !problem.value.status
              ? h('p', { class: 'field-note' }, '不知道办了没有：再提交一次，已经办了的不会再办。')
              : null,
            h(
              'div',
              { class: 'sheet-do' },
              result.value
                ? [
                    stale.value.length ? button(`看过了，再办这 ${stale.value.length} 件`, { onClick: again }) : null,
                    button('完成', { look: 'primary', onClick: () => emit('close') }),
                  ]
                : [
                    button('取消', { onClick: () => emit('close') }),
                    button(`${spec.label} ${fitting.value.length} 件`, {
                      look: 'primary',
                      type: 'submit',
                      busy: busy.value,
                      disabled: !fitting.value.length,
                    }),
                  ],
            ),
          ]),
        ]),
      )
  },
}
