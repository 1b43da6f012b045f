// Changing the responsibility matrix: a rule added, a rule ended, a whole table taken in after its difference was seen.

import { computed, h, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { categoryOptions } from './categories.js'
import { ChoiceBox, Sheet, TextField, button, problemNote } from './controls.js'
import { reference, towns } from './reference.js'

const BASES = ['法定', '商定', '指定']
const LEAST_REASON = 2

/** Divisions as prefixes (`11*`), then every category, then all. */
export function patternOptions() {
  const divisions = new Map()
  for (const { code, division } of reference.categories) {
    if (!divisions.has(division)) divisions.set(division, `${code.slice(0, 2)}*`)
  }
  return [
    { value: '*', label: '全部分类' },
    ...[...divisions].map(([label, value]) => ({ value, label, note: `${value} · 整个大类` })),
    ...categoryOptions(),
  ]
}
export const areaOptions = () => [
  { value: '*', label: '全区' },
  ...towns().map(({ code, name }) => ({ value: code, label: name })),
]
export const departmentOptions = () => reference.departments.map(({ id, name }) => ({ value: id, label: name }))

export const ruleWords = (rule) =>
  `${rule.category_name} × ${rule.area_name} → ${rule.lead.name}` +
  (rule.supporting.length ? `（协办 ${rule.supporting.map(({ name }) => name).join('、')}）` : '')

const note = (words) => (words ? h('p', { class: 'field-note bad', role: 'alert' }, words) : null)

/** What a form sends; `run` does it. Emits `done` with the answer. */
function useSending(emit, run) {
  const problem = ref(null)
  const busy = ref(false)
  async function send() {
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      emit('done', await run())
    } catch (error) {
      problem.value = error
    } finally {
      busy.value = false
    }
  }
  return { problem, busy, send }
}

export const AddRuleSheet = {
  emits: ['close', 'done'],
  setup(_props, { emit }) {
    const entry = reactive({
      category: '',
      area: '*',
      lead: '',
      supporting: [],
      basis: '商定',
      valid_from: '',
      valid_to: '',
      reason: '',
    })
    const tried = ref(false)
    const { problem, busy, send } = useSending(emit, () => {
      const { valid_from: from, valid_to: to, ...rest } = entry
      return ask('POST', '/responsibility', { body: { ...rest, valid_from: from || null, valid_to: to || null } })
    })
    const ready = computed(
      () => entry.category && entry.area && entry.lead && entry.reason.trim().length >= LEAST_REASON,
    )
    const set = (name) => (value) => {
      entry[name] = value
    }
    const wrong = (pointer, missing) => problem.value?.at(pointer) || (tried.value ? missing : '')
    function submit(event) {
      event.preventDefault()
      tried.value = true
      if (ready.value) send()
    }
    return () =>
      h(Sheet, { title: '新增规则', onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h(ChoiceBox, {
            label: '分类',
            placeholder: '一个分类、一个大类或全部',
            options: patternOptions(),
            value: entry.category,
            onPick: set('category'),
          }),
          note(wrong('/category', entry.category ? '' : '请选分类。')),
          h(ChoiceBox, { label: '范围', options: areaOptions(), value: entry.area, onPick: set('area') }),
          note(wrong('/area', entry.area ? '' : '请选范围。')),
          h(ChoiceBox, {
            label: '主办部门',
            placeholder: '输入名称查找',
            options: departmentOptions(),
            value: entry.lead,
            onPick: set('lead'),
          }),
          note(wrong('/lead', entry.lead ? '' : '请选主办部门。')),
          h(ChoiceBox, {
            label: '协办部门（可不选，可选几个）',
            placeholder: '输入名称添加',
            options: departmentOptions().filter(
              ({ value }) => value !== entry.lead && !entry.supporting.includes(value),
            ),
            value: '',
            onPick: (id) => {
              if (id) entry.supporting.push(id)
            },
          }),
          entry.supporting.length
            ? h(
                'p',
                { class: 'chosen' },
                entry.supporting.map((id) =>
                  button(`${departmentOptions().find(({ value }) => value === id)?.label ?? id} ×`, {
                    key: id,
                    look: 'quiet',
                    'aria-label': '去掉协办部门',
                    onClick: () => {
                      entry.supporting = entry.supporting.filter((other) => other !== id)
                    },
                  }),
                ),
              )
            : null,
          h('fieldset', { class: 'bases' }, [
            h('legend', null, '依据'),
            ...BASES.map((basis) =>
              h('label', { key: basis }, [
                h('input', {
                  type: 'radio',
                  name: 'basis',
                  checked: entry.basis === basis,
                  onChange: () => {
                    entry.basis = basis
                  },
                }),
                basis,
              ]),
            ),
          ]),
          h('div', { class: 'pair' }, [
            h(TextField, { label: '起始日期（可不填）', type: 'date', value: entry.valid_from, onInput: set('valid_from') }),
            h(TextField, { label: '截止日期（可不填）', type: 'date', value: entry.valid_to, onInput: set('valid_to') }),
          ]),
          h(TextField, {
            label: '理由',
            value: entry.reason,
            maxlength: 500,
            hint: '写明文件、会议纪要或来由，记入变更记录。',
            problem: wrong('/reason', entry.reason.trim().length < LEAST_REASON ? '请写明理由。' : ''),
            onInput: set('reason'),
          }),
          problemNote(problem.value),
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('新增', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

export const EndRuleSheet = {
  props: { rule: Object },
  emits: ['close', 'done'],
  setup(props, { emit }) {
    const entry = reactive({ reason: '', last_day: '' })
    const tried = ref(false)
    const { problem, busy, send } = useSending(emit, () =>
      ask('POST', `/responsibility/${props.rule.id}/end`, {
        body: { reason: entry.reason, last_day: entry.last_day || null },
      }),
    )
    function submit(event) {
      event.preventDefault()
      tried.value = true
      if (entry.reason.trim().length >= LEAST_REASON) send()
    }
    return () =>
      h(Sheet, { title: '终止规则', onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h('p', null, ruleWords(props.rule)),
          h('p', { class: 'quiet' }, '终止后不再按它派遣；已经派出的案件不变，规则留在“已终止”里。'),
          h(TextField, {
            label: '最后一天（不填则立即终止）',
            type: 'date',
            value: entry.last_day,
            problem: problem.value?.at('/last_day'),
            onInput: (text) => {
              entry.last_day = text
            },
          }),
          h(TextField, {
            label: '理由',
            value: entry.reason,
            maxlength: 500,
            autofocus: true,
            problem: tried.value && entry.reason.trim().length < LEAST_REASON ? '请写明理由。' : '',
            onInput: (text) => {
              entry.reason = text
            },
          }),
          problemNote(problem.value),
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('终止', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

const LISTED = 50

function ruleLines(title, rules, glyph) {
  if (!rules.length) return null
  return h('div', { class: 'difference' }, [
    h('h3', null, `${title} ${rules.length} 条`),
    h('ul', null, [
      ...rules.slice(0, LISTED).map((rule, i) => h('li', { key: i }, [glyph, ' ', ruleWords(rule)])),
      rules.length > LISTED ? h('li', { class: 'quiet' }, `还有 ${rules.length - LISTED} 条`) : null,
    ]),
  ])
}

export const ImportSheet = {
  emits: ['close', 'done'],
  setup(_props, { emit }) {
    const table = ref(null)
    const change = ref(null)
    const checking = ref(false)
    const unread = ref(null)
    const reason = ref('')
    const tried = ref(false)
    const changes = computed(() => change.value && change.value.added.length + change.value.ended.length > 0)
    const { problem, busy, send } = useSending(emit, () =>
      ask('POST', '/responsibility/import', {
        query: { reason: reason.value.trim(), version: change.value.version },
        table: table.value,
      }),
    )
    async function chosen(event) {
      const [file] = event.target.files
      change.value = null
      unread.value = null
      problem.value = null
      if (!file) return
      checking.value = true
      try {
        // as it is now: a file that is saved again afterwards could not be sent any more
        table.value = await file.arrayBuffer()
        change.value = await ask('POST', '/responsibility/import', { query: { dry_run: true }, table: table.value })
      } catch (error) {
        unread.value = error
      } finally {
        checking.value = false
      }
    }
    function submit(event) {
      event.preventDefault()
      tried.value = true
      if (changes.value && reason.value.trim().length >= LEAST_REASON) send()
    }
    return () =>
      h(Sheet, { title: '导入职责表', wide: true, onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h(
            'p',
            { class: 'quiet' },
            '先导出现在的表，改好后整张导入：表里没有的会终止，多出来的会新增。先看差异，确认了才改。',
          ),
          h('label', { class: 'file-field' }, [
            h('span', null, 'CSV 文件'),
            h('input', {
              type: 'file',
              accept: '.csv,text/csv',
              // so that the same file, mended, can be chosen again
              onClick: (event) => {
                event.target.value = ''
              },
              onChange: chosen,
            }),
          ]),
          checking.value ? h('p', { class: 'quiet', role: 'status' }, '正在核对…') : null,
          problemNote(unread.value),
          change.value
            ? h('div', { role: 'status' }, [
                changes.value
                  ? h('p', { class: 'quiet' }, `不变 ${change.value.kept} 条。`)
                  : h('p', null, `和现在的职责表一样（${change.value.kept} 条），不用导入。`),
                ruleLines('新增', change.value.added, '＋'),
                ruleLines('终止', change.value.ended, '－'),
              ])
            : null,
          changes.value
            ? h(TextField, {
                label: '理由',
                value: reason.value,
                maxlength: 500,
                problem: tried.value && reason.value.trim().length < LEAST_REASON ? '请写明理由。' : '',
                onInput: (text) => {
                  reason.value = text
                },
              })
            : null,
          problemNote(problem.value),
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('确认导入', { look: 'primary', type: 'submit', busy: busy.value, disabled: !changes.value }),
          ]),
        ]),
      )
  },
}
