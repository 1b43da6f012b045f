// The few controls that every page uses: buttons, fields, messages, a box to choose from by typing, dialogs.

import { computed, h, nextTick, onBeforeUnmount, onMounted, ref, watch } from './vue.js'
import { icon } from './icons.js'

/** A button. `look`: primary, plain (default) or quiet; `busy` keeps its size and stops a second click. */
export function button(
  words,
  { look = 'plain', busy = false, disabled = false, type = 'button', glyph = '', ...rest } = {},
) {
  return h(
    'button',
    { ...rest, type, class: ['button', look, rest.class], disabled: disabled || busy, 'aria-busy': busy || undefined },
    [busy ? h('span', { class: 'spinner', 'aria-hidden': 'true' }) : glyph ? icon(glyph) : null, words],
  )
}

/** A button that is only a picture; its words are for the pointer and for readers. */
export function iconButton(name, words, onClick, props = {}) {
  return h(
    'button',
    { type: 'button', ...props, class: ['icon-button', props.class], title: words, 'aria-label': words, onClick },
    icon(name),
  )
}

/** What went wrong, in the server's words, with a way to try again. */
export function problemNote(problem, again) {
  if (!problem) return null
  return h('div', { class: 'note bad', role: 'alert' }, [
    icon('alert'),
    h('div', { class: 'note-words' }, [
      h('p', null, problem.detail),
      ...[...new Set(problem.errors?.map((error) => error.detail))].map((detail) => h('p', null, detail)),
    ]),
    again ? button('重试', { onClick: again, look: 'quiet' }) : null,
  ])
}

/** A place where nothing is: what it means, and what one can do. */
export function emptyPlace(glyph, title, children = []) {
  return h('div', { class: 'empty' }, [icon(glyph, { size: 28 }), h('h2', null, title), ...[children].flat()])
}

export function skeleton(lines) {
  return h(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    Array.from({ length: lines }, (_, i) => h('span', { style: { width: `${[92, 64, 78, 48][i % 4]}%` } })),
  )
}

/** Copies text and says so for two seconds. */
export const CopyButton = {
  props: { text: String, words: { type: String, default: '复制' }, small: Boolean },
  setup(props) {
    const done = ref('')
    async function copy() {
      try {
        await navigator.clipboard.writeText(props.text)
        done.value = '已复制'
      } catch {
        done.value = '请手工复制'
      }
      setTimeout(() => {
        done.value = ''
      }, 2_000)
    }
    return () =>
      h(
        'button',
        {
          type: 'button',
          class: props.small ? 'icon-button' : 'button plain',
          onClick: copy,
          title: done.value || props.words,
          'aria-label': props.words,
        },
        [
          icon(done.value === '已复制' ? 'check' : 'copy'),
          props.small ? null : done.value || props.words,
          h('span', { class: 'hidden', role: 'status' }, done.value),
        ],
      )
  },
}

let fields = 0

/** A labelled input. `value`/`onInput` are the caller's; `problem` is shown below and read out. */
export const TextField = {
  props: {
    label: String,
    value: String,
    type: { type: String, default: 'text' },
    hint: String,
    problem: String,
    autocomplete: String,
    inputmode: String,
    autofocus: Boolean,
    required: Boolean,
    maxlength: Number,
    describedby: String,
  },
  emits: ['input', 'caps'],
  setup(props, { emit, slots }) {
    const id = `field-${(fields += 1)}`
    const element = ref(null)
    const shown = ref(false)
    const caps = ref(false)
    onMounted(() => props.autofocus && element.value.focus())
    const notice = (event) => {
      caps.value = Boolean(event.getModifierState?.('CapsLock'))
    }
    return () =>
      h('div', { class: ['field', { wrong: props.problem }] }, [
        h('label', { for: id }, props.label),
        h('div', { class: 'input' }, [
          h('input', {
            ref: element,
            id,
            value: props.value,
            required: props.required,
            // a dialog gives the focus to what asks for it
            autofocus: props.autofocus || undefined,
            maxlength: props.maxlength,
            type: props.type === 'password' && shown.value ? 'text' : props.type,
            autocomplete: props.autocomplete,
            inputmode: props.inputmode,
            autocapitalize: 'off',
            spellcheck: 'false',
            'aria-invalid': props.problem ? 'true' : undefined,
            'aria-describedby':
              [props.problem || props.hint ? `${id}-note` : '', props.describedby].filter(Boolean).join(' ') ||
              undefined,
            onInput: (event) => emit('input', event.target.value),
            ...(props.type === 'password'
              ? {
                  onKeydown: notice,
                  onKeyup: notice,
                  onBlur: () => {
                    caps.value = false
                  },
                }
              : {}),
          }),
          props.type === 'password'
            ? iconButton(
                'eye',
                shown.value ? '隐藏密码' : '显示密码',
                () => {
                  shown.value = !shown.value
                },
                { class: { on: shown.value }, 'aria-pressed': String(shown.value) },
              )
            : null,
        ]),
        caps.value
          ? h('p', { class: 'field-note care', role: 'status' }, [
              icon('alert', { size: 13 }),
              '大写锁定（Caps Lock）已打开',
            ])
          : null,
        props.problem || props.hint
          ? h(
              'p',
              {
                class: ['field-note', { bad: props.problem }],
                id: `${id}-note`,
                role: props.problem ? 'alert' : undefined,
              },
              props.problem || props.hint,
            )
          : null,
        slots.default?.(),
      ])
  },
}

/**
 * Choose one of many by typing part of its name or code. `options`: `{value, label, note?, words?}`, where `words` are
 * found but not shown; emits `pick` with a value or '' for none.
 */
export const ChoiceBox = {
  props: { label: String, options: Array, value: String, placeholder: { type: String, default: '全部' } },
  emits: ['pick'],
  setup(props, { emit }) {
    const id = `choice-${(fields += 1)}`
    const open = ref(false)
    const typed = ref('')
    const at = ref(0)
    const list = ref(null)
    const input = ref(null)
    const chosen = computed(() => props.options.find((option) => option.value === props.value))
    const found = computed(() => {
      const words = typed.value.trim().toLowerCase().split(/\s+/).filter(Boolean)
      return props.options
        .filter((option) =>
          words.every((word) =>
            `${option.value} ${option.label} ${option.note ?? ''} ${option.words ?? ''}`.toLowerCase().includes(word),
          ),
        )
        .slice(0, 200)
    })
    const spot = ref({})
    watch([found, open], () => {
      at.value = 0
    })
    // fixed to the window: a scrolling rail or dialog around it would cut it off
    function settle() {
      const box = input.value?.parentElement.getBoundingClientRect()
      if (!box) return
      const below = window.innerHeight - box.bottom - 8
      const above = box.top - 8
      const width = Math.min(Math.max(box.width, 300), window.innerWidth - box.left - 8)
      spot.value =
        below >= 220 || below >= above
          ? {
              left: `${box.left}px`,
              top: `${box.bottom + 3}px`,
              width: `${width}px`,
              maxHeight: `${Math.min(below, 320)}px`,
            }
          : {
              left: `${box.left}px`,
              bottom: `${window.innerHeight - box.top + 3}px`,
              width: `${width}px`,
              maxHeight: `${Math.min(above, 320)}px`,
            }
    }
    const follow = (event) => event.target !== list.value && settle()
    watch(open, (on) => {
      if (on) settle()
      for (const kind of ['scroll', 'resize'])
        window[on ? 'addEventListener' : 'removeEventListener'](kind, follow, true)
    })
    onBeforeUnmount(() => ['scroll', 'resize'].forEach((kind) => window.removeEventListener(kind, follow, true)))
    watch(at, () => nextTick(() => list.value?.children[at.value]?.scrollIntoView({ block: 'nearest' })))

    function show() {
      open.value = true
      typed.value = ''
    }
    function pick(value) {
      open.value = false
      typed.value = ''
      emit('pick', value)
    }
    function pressed(event) {
      if (event.isComposing) return
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step) {
        event.preventDefault()
        if (!open.value) show()
        else at.value = Math.max(0, Math.min(found.value.length - 1, at.value + step))
      } else if (event.key === 'Enter' && open.value && !event.ctrlKey && !event.metaKey) {
        event.preventDefault()
        if (found.value[at.value]) pick(found.value[at.value].value)
      } else if (event.key === 'Escape' && open.value) {
        event.preventDefault()
        event.stopPropagation()
        open.value = false
        typed.value = ''
      }
    }
    return () =>
      h('div', { class: 'field choice' }, [
        h('label', { for: id }, props.label),
        h('div', { class: ['input', { set: chosen.value }] }, [
          h('input', {
            id,
            ref: input,
            role: 'combobox',
            autocomplete: 'off',
            spellcheck: 'false',
            'aria-expanded': String(open.value),
            'aria-controls': `${id}-list`,
            'aria-autocomplete': 'list',
            'aria-activedescendant': open.value && found.value.length ? `${id}-${at.value}` : undefined,
            value: open.value ? typed.value : (chosen.value?.label ?? props.value ?? ''),
            placeholder: open.value && chosen.value ? chosen.value.label : props.placeholder,
            onFocus: show,
            onClick: () => open.value || show(),
            onBlur: () => {
              open.value = false
            },
            onInput: (event) => {
              open.value = true
              typed.value = event.target.value
            },
            onKeydown: pressed,
          }),
          props.value ? iconButton('close', `清除${props.label}`, () => pick('')) : icon('down', { size: 13 }),
        ]),
        open.value
          ? h(
              'ul',
              {
                id: `${id}-list`,
                ref: list,
                class: 'choices',
                style: spot.value,
                role: 'listbox',
                'aria-label': props.label,
              },
              found.value.length
                ? found.value.map((option, i) =>
                    h(
                      'li',
                      {
                        key: option.value,
                        id: `${id}-${i}`,
                        role: 'option',
                        class: { at: i === at.value },
                        'aria-selected': String(option.value === props.value),
                        // before the field loses focus and closes the list
                        onPointerdown: (event) => {
                          event.preventDefault()
                          pick(option.value)
                          input.value?.blur()
                        },
                      },
                      [h('span', null, option.label), option.note ? h('small', null, option.note) : null],
                    ),
                  )
                : [h('li', { class: 'none' }, '没有相符的')],
            )
          : null,
      ])
  },
}

/** A dialog over the page; Escape and a click beside it close it. */
export const Sheet = {
  props: { title: String, wide: Boolean },
  emits: ['close'],
  setup(props, { emit, slots }) {
    const element = ref(null)
    onMounted(() => element.value.showModal())
    return () =>
      h(
        'dialog',
        {
          ref: element,
          class: ['sheet', { wide: props.wide }],
          'aria-label': props.title,
          onClose: () => emit('close'),
          onClick: (event) => event.target === element.value && emit('close'),
        },
        [
          h('div', { class: 'sheet-inside' }, [
            h('header', null, [h('h2', null, props.title), iconButton('close', '关闭', () => emit('close'))]),
            slots.default(),
          ]),
        ],
      )
  },
}
