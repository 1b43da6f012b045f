// Who would get a case, and why: a category and a place, weighed by the responsibility matrix without filing anything.

import { h, onBeforeUnmount, reactive, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, TextField, problemNote } from './controls.js'
import { urgencyOf } from './labels.js'
import { fullTime } from './clock.js'
import { categoryOptions } from './categories.js'
import { towns } from './reference.js'

const TYPING_PAUSE = 400

function candidate(one, i) {
  return h('li', { key: i, class: { wins: one.wins } }, [
    h('span', { class: 'weighed-mark', 'aria-hidden': 'true' }, one.wins ? icon('check', { size: 13 }) : null),
    h('span', { class: 'weighed-rule' }, [
      h('span', null, [
        h('strong', null, one.rule ? `${one.rule.category_name} × ${one.rule.area_name}` : one.name),
        one.lead ? ` → ${one.lead.name}` : '',
        one.rule ? h('small', { class: 'quiet' }, `（${one.basis}，${one.rule.source_label}）`) : null,
      ]),
      h('span', { class: 'weighed-why' }, one.wins ? `采用：${one.words}` : one.words),
    ]),
  ])
}

function term({ limit, urgency, words, due_at: dueAt, due_words: dueWords, condition_words: why }) {
  const pressing = urgencyOf(urgency)
  return h('p', { class: 'dry-term' }, [
    icon('clock', { size: 14 }),
    h('span', null, [
      h('strong', null, limit.words),
      pressing && urgency !== 'normal' ? h('span', { class: ['tag', 'care'] }, pressing.label) : null,
      ` ${words}`,
      why ? `；${why}` : '',
      h('span', { class: 'quiet', title: dueWords }, `。现在立案，${fullTime(dueAt)} 到期`),
    ]),
  ])
}

export const DryRunBox = {
  setup() {
    const entry = reactive({ category: '', town: '', text: '', words: '', on: '' })
    const found = ref(null)
    const problem = ref(null)
    let timer = 0
    let way = null

    async function look() {
      way?.abort()
      problem.value = null
      if (!entry.category) {
        found.value = null
        return
      }
      way = new AbortController()
      try {
        const { category, town, text, words, on } = entry
        const query = { category, town, text: town ? '' : text.trim(), words: words.trim(), on }
        found.value = await ask('GET', '/responsibility/dry-run', { query, signal: way.signal })
      } catch (error) {
        if (isAbort(error)) return
        found.value = null
        problem.value = error
      }
    }
    watch(entry, () => {
      clearTimeout(timer)
      timer = setTimeout(look, TYPING_PAUSE)
    })
    onBeforeUnmount(() => {
      clearTimeout(timer)
      way?.abort()
    })
    const set = (name) => (value) => {
      entry[name] = value
    }
    return () =>
      h('section', { class: 'dry-run', 'aria-label': '试算' }, [
        h('header', null, [h('h2', null, '归谁办'), h('span', { class: 'quiet' }, '只是试算，不会立案')]),
        h('div', { class: 'dry-entry' }, [
          h(ChoiceBox, {
            label: '分类',
            placeholder: '输入名称或俗称',
            options: categoryOptions(),
            value: entry.category,
            onPick: set('category'),
          }),
          h(ChoiceBox, {
            label: '街镇',
            placeholder: '不限',
            options: towns().map(({ code, name }) => ({ value: code, label: name })),
            value: entry.town,
            onPick: set('town'),
          }),
          entry.town
            ? null
            : h(TextField, { label: '或者地点', value: entry.text, maxlength: 200, onInput: set('text') }),
          h(TextField, { label: '反映的话（可不填）', value: entry.words, maxlength: 500, onInput: set('words') }),
          h(TextField, { label: '日期', type: 'date', value: entry.on, onInput: set('on') }),
        ]),
        problemNote(problem.value, look),
        found.value
          ? h('div', { class: 'dry-answer', role: 'status' }, [
              h('p', { class: 'dry-lead' }, [
                h('strong', null, found.value.lead.name),
                h('span', { class: 'tag new' }, found.value.basis),
                found.value.supporting.length
                  ? h('span', { class: 'quiet' }, `协办：${found.value.supporting.map(({ name }) => name).join('、')}`)
                  : null,
                h('span', { class: 'quiet' }, found.value.town ?? '街镇不详'),
              ]),
              term(found.value.term),
              h('ol', { class: 'weighed', 'aria-label': '比较过的规则' }, found.value.candidates.map(candidate)),
            ])
          : entry.category
            ? null
            : h('p', { class: 'quiet' }, '选一个分类，看现在会派给哪个部门、比较过哪些规则、什么时候到期。'),
      ])
  },
}
