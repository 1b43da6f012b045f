// Putting category or place of a case right: the form, with what the place would be found as before it is sent.

import { computed, h, onBeforeUnmount, reactive, ref } from './vue.js'
import { ask, isAbort } from './api.js'
import { ChoiceBox, Sheet, TextField, button, problemNote } from './controls.js'
import { categoryOptions } from './categories.js'
import { precisionOf } from './labels.js'

const TYPING_PAUSE = 400
const SAME_NAMED = 5

const where = (place) => [place.name, place.town, place.community].filter(Boolean).join(' ')

/** `item` is the case as shown; emits `done` with the case after, `stale` when it went on meanwhile, `close`. */
export const CorrectSheet = {
  props: { item: Object },
  emits: ['done', 'stale', 'close'],
  setup(props, { emit }) {
    // what is shown may be masked: words that nobody changed are not sent back
    const before = { category: props.item.category?.code ?? '', text: props.item.location?.text ?? '' }
    const entry = reactive({ ...before, reason: '', pin: null })
    const found = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    const tried = ref(false)
    const options = computed(categoryOptions)
    const recategorised = computed(() => entry.category && entry.category !== before.category)
    const moved = computed(() => entry.text.trim() && entry.text.trim() !== before.text)
    const objection = computed(() =>
      recategorised.value || moved.value || entry.pin ? '' : '请先改正分类或地点，没有改动不用提交。',
    )

    let timer = 0
    let way = null
    function lookUp() {
      clearTimeout(timer)
      way?.abort()
      found.value = null
      entry.pin = null
      if (!moved.value) return
      timer = setTimeout(async () => {
        way = new AbortController()
        try {
          const body = { text: entry.text.trim() }
          found.value = await ask('POST', '/places/resolve', { body, signal: way.signal })
        } catch (error) {
          if (!isAbort(error)) found.value = null
        }
      }, TYPING_PAUSE)
    }
    onBeforeUnmount(() => {
      clearTimeout(timer)
      way?.abort()
    })

    async function submit(event) {
      event.preventDefault()
      tried.value = true
      if (objection.value || !entry.reason.trim() || busy.value) return
      busy.value = true
      problem.value = null
      try {
        const { lat, lng } = entry.pin ?? {}
        const body = {
          ...(recategorised.value ? { category: entry.category } : {}),
          ...(moved.value ? { location: { text: entry.text.trim(), lat, lng } } : {}),
          reason: entry.reason.trim(),
          version: props.item.version,
        }
        emit('done', await ask('POST', `/cases/${props.item.case_no}/actions/correct`, { body }))
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }

    function preview() {
      if (!found.value) return null
      const { place, candidates } = found.value
      const precision = precisionOf((entry.pin ?? place).precision)
      const others = (candidates ?? []).slice(0, SAME_NAMED)
      return h('div', { class: 'place-preview', role: 'status' }, [
        h('p', { class: 'place-facts' }, [
          h('span', { class: ['tag', precision.sure ? 'done' : 'care'] }, precision.label),
          h('span', null, where(entry.pin ?? place) || '地图上没有找到，会照这些字记下'),
        ]),
        others.length > 1
          ? h('fieldset', { class: 'same-named' }, [
              h('legend', null, '同名的有几处，请选一处：'),
              ...others.map((candidate, i) =>
                h('label', { key: i }, [
                  h('input', {
                    type: 'radio',
                    name: 'same-named',
                    checked: entry.pin === candidate,
                    onChange: () => {
                      entry.pin = candidate
                    },
                  }),
                  where(candidate),
                ]),
              ),
            ])
          : null,
      ])
    }

    return () =>
      h(Sheet, { title: '更正分类或地点', onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h(ChoiceBox, {
            label: '分类',
            placeholder: '输入名称、代码或常用说法查找',
            options: options.value,
            value: entry.category,
            onPick: (code) => {
              entry.category = code
            },
          }),
          problem.value?.at('/category')
            ? h('p', { class: 'field-note bad', role: 'alert' }, problem.value.at('/category'))
            : null,
          h(
            TextField,
            {
              label: '地点',
              value: entry.text,
              autocomplete: 'off',
              maxlength: 500,
              hint: '写能找到的地方：路名门牌、小区楼号、路口或灯杆号。',
              onInput: (text) => {
                entry.text = text
                lookUp()
              },
            },
            preview,
          ),
          h(TextField, {
            label: '理由',
            value: entry.reason,
            autocomplete: 'off',
            maxlength: 500,
            required: true,
            hint: '会写进案件经过，不要写姓名和电话。',
            problem: problem.value?.at('/reason') || (tried.value && !entry.reason.trim() ? '请写明为什么更正。' : ''),
            onInput: (text) => {
              entry.reason = text
            },
          }),
          tried.value && objection.value ? h('p', { class: 'field-note bad', role: 'alert' }, objection.value) : null,
          problem.value && !problem.value.at('/category') && !problem.value.at('/reason')
            ? problemNote({ detail: problem.value.detail })
            : null,
          h('p', { class: 'quiet' }, '承办部门和时限随之重算；去掉个人信息后留作学习样本，督办员采用后助手才学。'),
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            problem.value?.code === 'case_changed'
              ? button('看新的内容', { look: 'primary', onClick: () => emit('stale') })
              : button('更正', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}
