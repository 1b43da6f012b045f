// The case form. Each field shows which words it came from and how sure that is; a click goes to them.

import { h, ref } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { ChoiceBox, CopyButton, button, problemNote } from '../desk/controls.js'
import { categoryOf, reference } from '../desk/reference.js'
import { PRECISIONS } from '../desk/labels.js'
import { hasRole } from '../desk/session.js'
import { fullTime, shortTime } from '../desk/clock.js'
import { grouped } from '../desk/case_number.js'
import { another, file, form, readAgain, turnTo, write } from './form.js'
import { dangerLabel, isCall } from './kinds.js'
import { pointed } from './talk_pane.js'
import { open } from './wire.js'

const SURE = [
  { from: 0.75, words: '把握大', tone: 'sure' },
  { from: 0.45, words: '请核对', tone: 'fair' },
  { from: 0, words: '把握小', tone: 'weak' },
]

function origin(name) {
  // a call has one field more, and all of them are to be seen at once
  const shown = isCall(open.id) ? 1 : 2
  const field = form.fields[name]
  if (field.hand) {
    return h('p', { class: 'origin' }, [
      '您填的',
      name === 'name' || name === 'confidential' ? null : button(isCall(open.id) ? '用通话里的' : '用对话里的', { look: 'quiet', onClick: () => readAgain(name) }),
    ])
  }
  if (field.by === 'exchange') return h('p', { class: 'origin' }, '来电显示')
  if (!field.from?.length && !(name === 'phone' && field.value)) return null
  const { words, tone } = SURE.find(({ from }) => field.sure >= from)
  return h('p', { class: 'origin' }, [
    name === 'category' || name === 'place' ? h('span', { class: ['sureness', tone], title: `把握 ${Math.round(field.sure * 100)}%` }, words) : null,
    name === 'phone' && !field.from.length ? h('span', null, isCall(open.id) ? '来电显示' : '来自对话开始时留的号码') : h('span', { class: 'quiet' }, '来自'),
    ...field.from.slice(0, shown).map((source) =>
      h(
        'button',
        {
          key: source.id,
          type: 'button',
          class: 'origin-words',
          title: '看原话',
          onClick: () => {
            pointed.value = { ...source }
          },
        },
        `“${source.text.slice(0, 14)}${source.text.length > 14 ? '…' : ''}”`,
      ),
    ),
    field.from.length > shown ? h('span', { class: 'quiet' }, `等 ${field.from.length} 处`) : null,
  ])
}

function placeLine() {
  const { place } = form
  if (!form.fields.place.value.text && !place) return null
  if (!place) return h('p', { class: 'field-note', role: 'status' }, '正在找这个地点…')
  const known = PRECISIONS[place.precision]
  return h('p', { class: ['field-note', { care: !known?.sure }], role: 'status' }, [
    icon(known?.sure ? 'pin' : 'alert', { size: 13 }),
    [known?.label, place.name && place.name !== place.text ? place.name : '', place.town].filter(Boolean).join(' · '),
  ])
}

function outlookLine() {
  const outlook = form.outlook
  if (!outlook?.department) return null
  return h('div', { class: 'outlook' }, [
    h('p', null, ['由 ', h('strong', null, outlook.department.name), ' 承办']),
    outlook.due_at
      ? h('p', { class: 'quiet', title: fullTime(outlook.due_at) }, `${outlook.limit?.words ?? ''}，应于 ${shortTime(outlook.due_at)} 前办结`)
      : null,
  ])
}

/** A call in which the caller speaks of two matters has two forms. */
function numbers() {
  const all = [...new Set([1, form.number, ...(open.call?.forms ?? []).map(({ number }) => number)])].sort()
  return h(
    'span',
    { class: 'form-numbers', role: 'group', 'aria-label': '第几件' },
    all.map((number) =>
      h('button', { key: number, type: 'button', class: ['chip', { on: number === form.number }], 'aria-pressed': String(number === form.number), onClick: () => turnTo(number) }, `第 ${number} 件`),
    ),
  )
}

function filedNote() {
  const { filed } = form
  const number = grouped(filed.case_no)
  return h('div', { class: 'filed', role: 'status' }, [
    h('p', { class: 'quiet' }, isCall(open.id) ? '已登记，请把编号念给来电人' : '已登记，编号已经告诉居民'),
    h('p', { class: 'filed-number' }, [h('strong', { class: 'number' }, number), h(CopyButton, { text: filed.case_no, words: '复制编号', small: true })]),
    h('p', { class: 'spoken' }, [isCall(open.id) ? '念给来电人：' : '念给居民：', filed.case_no_spoken || number]),
    h('dl', { class: 'filed-facts' }, [
      h('dt', null, '类别'),
      h('dd', null, filed.category?.name ?? '待定'),
      h('dt', null, '承办'),
      h('dd', null, filed.department?.name ?? '待派遣'),
      filed.due_at ? [h('dt', null, '应于'), h('dd', null, `${shortTime(filed.due_at)} 前`)] : null,
    ]),
    h('div', { class: 'filed-do' }, [
      h('a', { class: 'button plain', href: `/desk/cases/${filed.case_no}`, target: '_blank', rel: 'noopener' }, '在工作台打开'),
      isCall(open.id) && form.number > 1 ? null : button(form.more.length ? '登记第二个问题' : '再登记一件', { onClick: another }),
    ]),
  ])
}

export const FormPane = {
  setup(_props, { expose }) {
    const first = ref(null)
    expose({ focus: () => first.value?.focus() })
    const options = () =>
      reference.categories.map(({ code, name, division, typical_words: words }) => ({
        value: code,
        label: name,
        note: division,
        words: words.join(' '),
      }))
    const line = (name, label, props = {}) =>
      h('div', { class: 'field' }, [
        h('label', { for: `form-${name}` }, label),
        h(
          'div',
          { class: 'input' },
          h('input', {
            id: `form-${name}`,
            autocomplete: 'off',
            value: form.fields[name].value,
            onInput: (event) => write(name, event.target.value),
            ...props,
          }),
        ),
        origin(name),
      ])

    return () => {
      const { fields } = form
      if (!open.id) return h('section', { class: 'form-pane', 'aria-label': '案件表' })
      if (form.filed)
        return h('section', { class: 'form-pane', 'aria-label': '案件表' }, [
          h('h2', null, ['案件', open.call?.forms.length > 1 || form.number > 1 ? numbers() : null]),
          filedNote(),
        ])
      return h('section', { class: 'form-pane', 'aria-label': '案件表' }, [
        h('h2', null, [
          '案件',
          isCall(open.id) && (open.call?.forms.length > 1 || form.number > 1) ? numbers() : null,
          h('span', { class: 'quiet', role: 'status' }, form.reading ? '正在读对话…' : form.readingProblem ? '暂时读不到，请手填' : ''),
        ]),
        form.danger
          ? h('p', { class: 'danger-note', role: 'alert' }, [icon('alert', { size: 14 }), `可能有人遇险（${dangerLabel(form.danger)}）：请来电人先拨 110 / 119 / 120。`])
          : h('span'),
        h('div', { class: 'form-fields' }, [
          h('div', { class: 'field' }, [
            h('label', { for: 'form-description' }, '反映内容'),
            h(
              'div',
              { class: 'input' },
              h('textarea', {
                id: 'form-description',
                ref: first,
                rows: isCall(open.id) ? 3 : 4,
                maxlength: 5000,
                value: fields.description.value,
                onInput: (event) => write('description', event.target.value),
              }),
            ),
            origin('description'),
          ]),
          isCall(open.id) ? line('wish', '来电人要求', { maxlength: 1000, placeholder: '没有说' }) : null,
          h('div', null, [
            h(ChoiceBox, {
              label: '类别',
              options: options(),
              value: fields.category.value,
              placeholder: '打几个字来找',
              onPick: (value) => write('category', value),
            }),
            origin('category'),
            form.candidates.length > 1
              ? h(
                  'div',
                  { class: 'candidates', role: 'group', 'aria-label': '其他可能的类别' },
                  form.candidates
                    .filter(({ code }) => code !== fields.category.value)
                    .slice(0, 3)
                    .map(({ code, name, confidence }) =>
                      h('button', { key: code, type: 'button', class: 'chip', title: `把握 ${Math.round(confidence * 100)}%`, onClick: () => write('category', code) }, name),
                    ),
                )
              : null,
          ]),
          h('div', { class: 'field' }, [
            h('label', { for: 'form-place' }, '地点'),
            h(
              'div',
              { class: 'input' },
              h('input', {
                id: 'form-place',
                autocomplete: 'off',
                maxlength: 500,
                value: fields.place.value.text,
                onInput: (event) => write('place', { text: event.target.value, lat: null, lng: null }),
              }),
            ),
            placeLine(),
            form.places.length
              ? h(
                  'div',
                  { class: 'candidates', role: 'group', 'aria-label': '同名的地点' },
                  form.places.slice(0, 4).map((place) =>
                    h(
                      'button',
                      {
                        key: `${place.lat},${place.lng}`,
                        type: 'button',
                        class: 'chip',
                        onClick: () => write('place', { text: fields.place.value.text, lat: place.lat, lng: place.lng }),
                      },
                      [place.name, place.town].filter(Boolean).join(' · '),
                    ),
                  ),
                )
              : null,
            origin('place'),
          ]),
          h('div', { class: 'pair' }, [
            line('name', '称呼', { maxlength: 100, placeholder: '可以不填' }),
            line('phone', '电话', { maxlength: 40, inputmode: 'tel', placeholder: '可以不填' }),
          ]),
          h('label', { class: 'check' }, [
            h('input', {
              type: 'checkbox',
              checked: fields.confidential.value,
              onChange: (event) => write('confidential', event.target.checked),
            }),
            '要求保密（部门看不到姓名电话）',
          ]),
        ]),
        h('footer', { class: 'form-do' }, [
          problemNote(form.problem),
          outlookLine(),
          form.sure
            ? h('p', { class: 'sure-note', role: 'alert' }, [
                '确认登记：',
                h('strong', null, categoryOf(fields.category.value)?.name ?? '类别待定'),
                '，',
                form.place?.name || fields.place.value.text || '地点不详',
                '。再按一次 ',
                h('kbd', null, 'F9'),
              ])
            : null,
          h('div', { class: 'form-buttons' }, [
            form.sure
              ? button('再看看', {
                  onClick: () => {
                    form.sure = false
                  },
                })
              : null,
            button([form.sure ? '确认登记' : '登记', h('kbd', null, 'F9')], {
              look: 'primary',
              busy: form.busy,
              disabled: !hasRole('operator'),
              onClick: file,
              class: 'file',
            }),
          ]),
        ]),
      ])
    }
  },
}
