// A call under review: what was recognised and corrected, what was filed, the recording, and the reviewer's verdict.

import { h, onBeforeUnmount, ref, shallowRef, watch } from '../desk/vue.js'
import { Sheet, button, iconButton, problemNote, skeleton } from '../desk/controls.js'
import { ask, isAbort } from '../desk/api.js'
import { fullTime, shortTime } from '../desk/clock.js'
import { grouped } from '../desk/case_number.js'
import { percent, seconds } from './quality_figures.js'
import { spoken } from './call_pane.js'

const WHO = { caller: '来电人', operator: '坐席' }
const LEAD = 0.3

/** `callId`: which; `faults` and `grades`: their names. Emits `reviewed` with the verdict, `next`, `close`. */
export const CallReview = {
  props: { callId: String, faults: Object, grades: Object, hasNext: Boolean },
  emits: ['reviewed', 'next', 'close'],
  setup(props, { emit }) {
    const call = shallowRef(null)
    const problem = ref(null)
    const verdict = ref({ grade: '', note: '' })
    const saved = ref('')
    const busy = ref(false)
    const audio = ref(null)
    let way = null

    async function look() {
      way?.abort()
      way = new AbortController()
      call.value = null
      problem.value = null
      saved.value = ''
      verdict.value = { grade: '', note: '' }
      try {
        call.value = await ask('GET', `/channels/hotline/quality/calls/${props.callId}`, { signal: way.signal })
        const { review } = call.value
        if (review) verdict.value = { grade: review.grade, note: review.note }
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      }
    }
    watch(() => props.callId, look, { immediate: true })
    onBeforeUnmount(() => way?.abort())

    async function save(onward) {
      if (busy.value || !verdict.value.grade) return
      busy.value = true
      problem.value = null
      try {
        const body = { ...verdict.value, version: call.value.review?.version ?? 0 }
        const review = await ask('PUT', `/channels/hotline/quality/calls/${props.callId}/review`, { body })
        call.value = { ...call.value, review }
        saved.value = '已记下。'
        emit('reviewed', review)
        if (onward) emit('next')
      } catch (error) {
        problem.value = error
        // what somebody else wrote meanwhile is to be read first; what was written here stays
        if (error.code === 'reviewed_meanwhile') {
          const fresh = await ask('GET', `/channels/hotline/quality/calls/${props.callId}`).catch(() => null)
          if (fresh) call.value = fresh
        }
      } finally {
        busy.value = false
      }
    }
    function pressed(event) {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        save(props.hasNext)
      }
    }
    function playFrom({ offset }) {
      audio.value.currentTime = Math.max(0, offset - LEAD)
      audio.value.play().catch(() => {})
    }

    const facts = (c) => {
      const [first] = c.forms
      const judged = (field, name) => {
        const { value, understood } = first?.fields?.[field] ?? {}
        if (!value) return null
        const was = understood && name(understood) !== name(value) ? name(understood) : ''
        return [name(value), was ? h('span', { class: 'quiet' }, `（系统给的是“${was}”）`) : understood ? h('span', { class: 'quiet' }, '（采纳系统的）') : null]
      }
      const rows = [
        ['来电', `${fullTime(c.rang_at)} · ${spoken(c.number) || '号码未显示'}${c.queue ? ` · ${c.queue}` : ''}`],
        ['坐席', c.operator?.name ?? '没有人接听'],
        ['等待', seconds(c.waited_seconds)],
        ['话后处理', c.after_call_seconds === null ? null : seconds(c.after_call_seconds)],
        ['挂断到立案', c.seconds_to_file === null ? null : seconds(c.seconds_to_file)],
        ['识别', c.recognised ? `改 ${c.corrected} ÷ ${c.recognised} 字，差错率 ${percent(c.error_rate)}` : null],
        ['分类', judged('category', (value) => value.name || value.code)],
        ['地点', judged('place', (value) => value.text)],
        [
          '案件',
          c.case_nos.length
            ? c.case_nos.map((number) => h('a', { href: `/desk/cases/${number}`, target: '_blank', rel: 'noopener', class: 'number' }, grouped(number)))
            : null,
        ],
      ]
      return h('dl', { class: 'facts' }, rows.filter(([, value]) => value).flatMap(([label, value]) => [h('dt', null, label), h('dd', null, value)]))
    }
    const line = (c) => (each) =>
      h('li', { key: each.id, class: ['heard', each.side] }, [
        h('div', { class: 'said-who' }, [
          WHO[each.side],
          h('time', { datetime: each.at }, shortTime(each.at).slice(-5)),
          c.recorded ? iconButton('play', '从这句放录音', () => playFrom(each)) : null,
        ]),
        each.corrected && each.recognised !== each.text
          ? h('p', null, [h('del', { title: '识别的' }, each.recognised), ' ', h('ins', { title: '坐席改的' }, each.text || '（没有说话）')])
          : h('p', null, each.text),
      ])
    const judging = (c) =>
      h('form', { class: 'verdict', 'aria-label': '复核', onSubmit: (event) => { event.preventDefault(); save(false) }, onKeydown: pressed }, [
        h('fieldset', { class: 'grades' }, [
          h('legend', null, '复核'),
          ...Object.entries(props.grades).map(([code, label]) =>
            h('label', { key: code, class: { on: verdict.value.grade === code } }, [
              h('input', {
                type: 'radio',
                name: 'grade',
                value: code,
                checked: verdict.value.grade === code,
                onChange: () => {
                  verdict.value = { ...verdict.value, grade: code }
                  saved.value = ''
                },
              }),
              label,
            ]),
          ),
        ]),
        h('label', { class: 'hidden', for: 'review-note' }, '意见'),
        h('div', { class: 'input' },
          h('textarea', {
            id: 'review-note',
            rows: 2,
            maxlength: 1000,
            placeholder: '意见（号码会遮住）',
            value: verdict.value.note,
            onInput: (event) => {
              verdict.value = { ...verdict.value, note: event.target.value }
              saved.value = ''
            },
          }),
        ),
        c.review ? h('p', { class: 'quiet small' }, `${c.review.by.name} ${shortTime(c.review.at)} 评为“${props.grades[c.review.grade]}”${c.review.note ? `：${c.review.note}` : ''}`) : null,
        problemNote(problem.value),
        h('div', { class: 'sheet-do' }, [
          h('span', { class: 'quiet', role: 'status' }, saved.value),
          button('记下', { type: 'submit', look: props.hasNext ? 'plain' : 'primary', busy: busy.value, disabled: !verdict.value.grade }),
          props.hasNext ? button(['记下，看下一通', h('kbd', null, 'Ctrl+Enter')], { look: 'primary', busy: busy.value, disabled: !verdict.value.grade, onClick: () => save(true) }) : null,
        ]),
      ])

    return () => {
      const c = call.value
      return h(Sheet, { title: '复核一通电话', wide: true, onClose: () => emit('close') }, () => [
        !c && !problem.value ? skeleton(8) : null,
        !c ? problemNote(problem.value, look) : null,
        c
          ? h('div', { class: 'reviewing' }, [
              c.faults.length ? h('p', { class: 'fault-tags' }, c.faults.map((fault) => h('span', { key: fault, class: 'tag care' }, props.faults[fault]))) : null,
              facts(c),
              c.recorded
                ? h('figure', { class: 'call-recording' }, [
                    h('figcaption', { class: 'quiet small' }, '通话录音 · 左声道来电人，右声道坐席 · 收听记入审计'),
                    h('audio', { ref: audio, controls: true, preload: 'none', 'aria-label': '通话录音', src: `/channels/hotline/calls/${props.callId}/recording?side=both` }),
                  ])
                : h('p', { class: 'quiet small' }, '没有录音，或者已经到期删除。'),
              c.utterances.length
                ? h('ol', { class: 'transcript', tabindex: 0, 'aria-label': '通话文字' }, c.utterances.filter(({ text, corrected }) => text || corrected).map(line(c)))
                : h('p', { class: 'quiet' }, c.answered ? '没有文字。' : '没有接通，没有文字。'),
              judging(c),
            ])
          : null,
      ])
    }
  },
}
