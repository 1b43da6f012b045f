// Facts of a case: who handles it and why, by when, whence it came, and who reported it, hidden until asked for.

import { h, shallowReactive, watch } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { button, problemNote, skeleton } from './controls.js'
import { channelOf } from './labels.js'
import { ago, fullTime, shortTime } from './clock.js'
import { revealsReporters } from './session.js'
import { clockExplanation } from './clock_explanation.js'
import { ruleWords } from './ruling.js'

const pair = (term, children) => [h('dt', null, term), h('dd', null, children)]

/** `item` as shown; emits `reveal` with the case as it is with its reporter, or null when hidden again. */
export const CaseFacts = {
  props: { item: Object, events: Array, revealed: Object },
  emits: ['reveal'],
  setup(props, { emit }) {
    const shown = shallowReactive({ clock: null, clockProblem: null, clockOpen: false, clockBusy: false })
    const revealing = shallowReactive({ busy: false, problem: null })
    watch(
      () => props.item.due_at,
      () => shown.clockOpen && explainClock(),
    )

    async function explainClock() {
      Object.assign(shown, { clockBusy: true, clockProblem: null })
      try {
        shown.clock = await ask('GET', `/cases/${props.item.case_no}/clock`)
      } catch (error) {
        shown.clockProblem = error
      } finally {
        shown.clockBusy = false
      }
    }
    function toggleClock() {
      shown.clockOpen = !shown.clockOpen
      if (shown.clockOpen && !shown.clock) explainClock()
    }

    async function reveal() {
      const number = props.item.case_no
      Object.assign(revealing, { busy: true, problem: null })
      try {
        const item = await ask('GET', `/cases/${number}`, { query: { reveal: 'reporter' } })
        if (number === props.item.case_no) emit('reveal', item)
      } catch (error) {
        revealing.problem = error
      } finally {
        revealing.busy = false
      }
    }

    function reporter() {
      const { item, revealed } = props
      const person = (revealed ?? item).reporter ?? {}
      const known = person.name || person.phone
      return [
        h('span', { class: 'reporter' }, [
          known
            ? [person.name, person.phone].filter(Boolean).join('　')
            : item.reporter?.confidential
              ? '姓名和电话不公开'
              : '没有留下姓名和电话',
          item.reporter?.confidential
            ? h('span', { class: 'tag care' }, [icon('lock', { size: 12 }), '要求保密'])
            : null,
          revealed?.reporter?.phone
            ? h('a', { class: 'button quiet', href: `tel:${revealed.reporter.phone}` }, [icon('phone'), '拨打'])
            : null,
          known && revealsReporters.value
            ? revealed
              ? button('隐藏', { look: 'quiet', onClick: () => emit('reveal', null) })
              : button('显示', {
                  look: 'quiet',
                  glyph: 'eye',
                  busy: revealing.busy,
                  onClick: reveal,
                  title: '显示姓名和电话；这次查看会记入审计',
                })
            : null,
        ]),
        revealed ? h('span', { class: 'quiet', role: 'status' }, '这次查看已记入审计。') : null,
        revealing.problem ? h('span', { class: 'bad', role: 'alert' }, revealing.problem.detail) : null,
      ]
    }

    /** Why this department: the rule that the last dispatch names. */
    function why(item) {
      const rule = (props.events ?? []).findLast(({ data }) => data?.responsibility_rule)?.data.responsibility_rule
      return [item.basis ? `依据：${item.basis}` : '', item.basis && rule ? `（${ruleWords(rule)}）` : ''].join('')
    }

    return () => {
      const { item } = props
      const channel = channelOf(item.channel)
      const supporting = (item.supporting ?? []).map((unit) => unit.name).join('、')
      const responsible = item.responsible && item.responsible.id !== item.department?.id ? item.responsible.name : ''
      return h('dl', { class: 'facts' }, [
        ...pair('主办部门', [
          h('span', null, item.department?.name ?? '未定'),
          supporting ? h('span', { class: 'quiet' }, `协办：${supporting}`) : null,
          why(item) ? h('span', { class: 'quiet' }, why(item)) : null,
          responsible ? h('span', { class: 'quiet' }, `签收前由${responsible}负责`) : null,
        ]),
        ...pair(
          '应办结',
          item.due_at
            ? [
                h('time', { datetime: item.due_at, title: fullTime(item.due_at) }, shortTime(item.due_at)),
                button(shown.clockOpen ? '收起算法' : '怎么算的', {
                  look: 'quiet',
                  onClick: toggleClock,
                  busy: shown.clockBusy,
                  'aria-expanded': String(shown.clockOpen),
                }),
              ]
            : '定了分类才有时限',
        ),
        ...(shown.clockOpen
          ? [
              h('dd', { class: 'across' }, [
                problemNote(shown.clockProblem, explainClock),
                shown.clock ? clockExplanation(shown.clock) : shown.clockProblem ? null : skeleton(4),
              ]),
            ]
          : []),
        ...(item.suspended_until ? pair('挂账到', shortTime(item.suspended_until)) : []),
        ...pair('收到', [
          h('time', { datetime: item.received_at, title: fullTime(item.received_at) }, shortTime(item.received_at)),
          h('span', { class: 'quiet' }, ago(item.received_at)),
          h('span', { class: 'from' }, [icon(channel.icon), channel.label]),
        ]),
        ...(item.occurred_at ? pair('发生', h('time', null, shortTime(item.occurred_at))) : []),
        ...pair('反映人', reporter()),
      ])
    }
  },
}
