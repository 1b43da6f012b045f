// The fields of action sheets: words with often-said ones, choices, departments, a day.

import { computed, h, ref } from './vue.js'
import { iconButton, ChoiceBox, TextField } from './controls.js'
import { PhotoField } from './photo_field.js'
import { GRADES } from './labels.js'
import { categoryOptions } from './categories.js'
import { reference } from './reference.js'
import { dayAhead } from './clock.js'

let fields = 0

const departmentOptions = () =>
  reference.departments.map(({ id, name, town, initials }) => ({
    value: id,
    label: name,
    note: town ?? '',
    // people type what their input method would take: psgls for 排水管理所
    words: initials ?? '',
  }))

const note = (id, problem, hint) =>
  problem || hint
    ? h('p', { class: ['field-note', { bad: problem }], id, role: problem ? 'alert' : undefined }, problem || hint)
    : null

/** Words that are often said, put in at the end of what is written; they may be changed there. */
function chips(list, value, take) {
  return list?.length
    ? h(
        'div',
        { class: 'said', role: 'group', 'aria-label': '常用的话' },
        list.map((words) => {
          // what is said already stays in its place: a second tap must not meet the next one
          const said = value.includes(words)
          const shared = { key: words, type: 'button', class: 'chip', 'aria-disabled': String(said) }
          return h('button', { ...shared, onClick: () => take(said ? '' : words) }, words)
        }),
      )
    : null
}

const joined = (value, words) => {
  if (!words) return value
  const before = value.trimEnd()
  if (!before) return words
  return `${before}${/[。；，：！？,.;:]$/.test(before) ? '' : '；'}${words}`
}

const WordsField = {
  props: { field: Object, value: String, problem: String },
  emits: ['input'],
  setup(props, { emit }) {
    const id = `words-${(fields += 1)}`
    const element = ref(null)
    function take(words) {
      const value = joined(props.value, words)
      const box = element.value
      // at once, so that the next letter typed comes behind it
      box.value = value
      box.focus()
      box.setSelectionRange(value.length, value.length)
      emit('input', value)
    }
    return () => {
      const { label, hint, maxlength, kind, chips: often } = props.field
      const left = maxlength - props.value.length
      const shared = {
        ref: element,
        id,
        value: props.value,
        maxlength,
        'aria-invalid': props.problem ? 'true' : undefined,
        'aria-describedby': props.problem || hint ? `${id}-note` : undefined,
        onInput: (event) => emit('input', event.target.value),
      }
      return h('div', { class: ['field', { wrong: props.problem }] }, [
        h('label', { for: id }, label),
        h('div', { class: 'input' }, [
          kind === 'line' ? h('input', { ...shared, autocomplete: 'off' }) : h('textarea', { ...shared, rows: 3 }),
        ]),
        // before the notes, which come and go: what is about to be tapped must not move
        chips(often, props.value, take),
        left < 60 ? h('p', { class: 'field-note', role: 'status' }, `还能写 ${left} 字`) : null,
        note(`${id}-note`, props.problem, hint),
      ])
    }
  },
}

/** One of a few, all in sight. */
const FewField = {
  props: { field: Object, options: Array, value: null, problem: String },
  emits: ['input'],
  setup(props, { emit }) {
    const name = `few-${(fields += 1)}`
    return () =>
      h('fieldset', { class: ['field', 'few', { wrong: props.problem }] }, [
        h('legend', null, props.field.label),
        h(
          'div',
          { class: 'few-options' },
          props.options.map((option) =>
            h('label', { key: String(option.value), class: { on: props.value === option.value } }, [
              h('input', {
                type: 'radio',
                name,
                checked: props.value === option.value,
                onChange: () => emit('input', option.value),
              }),
              h('span', null, [option.label, option.note ? h('small', null, option.note) : null]),
            ]),
          ),
        ),
        note(`${name}-note`, props.problem, props.field.hint),
      ])
  },
}

const DepartmentField = {
  props: { field: Object, value: String, problem: String, proposed: Array, otherwise: String },
  emits: ['input'],
  setup(props, { emit }) {
    const options = computed(departmentOptions)
    return () =>
      h('div', { class: ['department-field', { wrong: props.problem }] }, [
        h(ChoiceBox, {
          label: props.field.label,
          options: options.value,
          value: props.value,
          placeholder: props.otherwise || '名称，或拼音首字母',
          onPick: (value) => emit('input', value),
        }),
        props.proposed?.length
          ? h(
              'div',
              { class: 'said', role: 'group', 'aria-label': '可能的部门' },
              props.proposed
                .filter(({ id }) => id !== props.value)
                .map(({ id, name, why }) =>
                  h(
                    'button',
                    { key: id, type: 'button', class: 'chip', title: why, onClick: () => emit('input', id) },
                    [name, why ? h('small', null, why) : null],
                  ),
                ),
            )
          : null,
        note('', props.problem, props.field.hint),
      ])
  },
}

const DepartmentsField = {
  props: { field: Object, value: Array, problem: String },
  emits: ['input'],
  setup(props, { emit }) {
    const options = computed(() => departmentOptions().filter(({ value }) => !props.value.includes(value)))
    const name = (id) => reference.departments.find((unit) => unit.id === id)?.name ?? id
    return () =>
      h('div', { class: 'department-field' }, [
        h(ChoiceBox, {
          label: props.field.label,
          options: options.value,
          value: '',
          placeholder: props.value.length ? '再加一个' : '不选',
          onPick: (value) => value && emit('input', [...props.value, value]),
        }),
        props.value.length
          ? h(
              'ul',
              { class: 'said' },
              props.value.map((id) =>
                h('li', { key: id, class: 'chip on' }, [
                  name(id),
                  iconButton('close', `去掉${name(id)}`, () =>
                    emit(
                      'input',
                      props.value.filter((other) => other !== id),
                    ),
                  ),
                ]),
              ),
            )
          : null,
        note('', props.problem, props.field.hint),
      ])
  },
}

const DayField = {
  props: { field: Object, value: String, problem: String },
  emits: ['input'],
  setup(props, { emit }) {
    const near = [
      { days: 30, words: '一个月' },
      { days: 90, words: '三个月' },
      { days: 180, words: '半年' },
    ]
    return () =>
      h(
        TextField,
        {
          label: props.field.label,
          type: 'date',
          value: props.value,
          hint: props.field.hint,
          problem: props.problem,
          onInput: (value) => emit('input', value),
        },
        () =>
          h(
            'div',
            { class: 'said' },
            near.map(({ days, words }) =>
              h(
                'button',
                { key: days, type: 'button', class: 'chip', onClick: () => emit('input', dayAhead(days)) },
                words,
              ),
            ),
          ),
      )
  },
}

const taskOptions = (tasks) =>
  tasks.map((task) => ({
    value: task.id,
    label: task.department?.name ?? task.kind_label,
    note: [task.state === 'granted' ? '已同意，还没有反馈' : '', task.reason].filter(Boolean).join(' · '),
  }))

/** Kinds of fields that take the focus when their sheet opens; a box to choose from would open over what is to be read. */
const FIRST_HAND = new Set(['words', 'line', 'choice', 'grade', 'day', 'number', 'phone'])

/** Whether one begins to write at once; otherwise one reads first. */
export const startsWriting = (list) => FIRST_HAND.has(list.find(({ kind }) => kind !== 'task')?.kind)

/**
 * The control of one field. `take` hears the new value; `tasks` are those that the action can answer; `proposed` are
 * departments that may be meant, and `otherwise` what holds if none is chosen.
 */
export function actionField(field, value, { problem, tasks, proposed, otherwise, take }) {
  const given = { key: field.name, field, value, problem, onInput: take }
  switch (field.kind) {
    case 'words':
    case 'line':
      return h(WordsField, given)
    case 'choice':
      return h(FewField, { ...given, options: field.options })
    case 'grade':
      return h(FewField, { ...given, options: GRADES.map(({ code, label }) => ({ value: code, label })) })
    case 'task':
      return tasks.length > 1 ? h(FewField, { ...given, options: taskOptions(tasks) }) : null
    case 'department':
      return h(DepartmentField, { ...given, proposed, otherwise })
    case 'category':
      return h('div', { key: field.name, class: ['department-field', { wrong: problem }] }, [
        h(ChoiceBox, {
          label: field.label,
          options: categoryOptions(),
          value,
          placeholder: '名称、代码或常说的话',
          onPick: take,
        }),
        note('', problem, field.hint),
      ])
    case 'departments':
      return h(DepartmentsField, given)
    case 'day':
      return h(DayField, given)
    case 'photos':
      return h(PhotoField, { key: field.name, label: field.label, hint: field.hint, photos: value, problem })
    case 'switch':
      return h('label', { key: field.name, class: ['switch', 'with-hint', { on: value }] }, [
        h('input', { type: 'checkbox', checked: value, onChange: (event) => take(event.target.checked) }),
        h('span', null, [field.label, field.hint ? h('small', { class: 'quiet' }, field.hint) : null]),
      ])
    default:
      return h(TextField, {
        key: field.name,
        label: field.label,
        value,
        type: field.kind === 'phone' ? 'tel' : 'text',
        autocomplete: 'off',
        maxlength: field.maxlength ?? 20,
        hint: field.hint,
        problem,
        onInput: take,
      })
  }
}
