// One case: what, where, how far; opened, the stages it has come through.

import { h, ref, watch } from '../desk/vue.js'
import { ago } from '../desk/clock.js'
import { grouped } from '../desk/case_number.js'
import { city, stagesOf } from './store.js'
import { mark, when, whereabouts } from './words.js'

export function badge(item) {
  const { kind } = mark(item)
  return h('span', { class: `badge ${kind}` }, [h('i', { class: `dot ${kind}`, 'aria-hidden': 'true' }), item.state])
}

/** The six stages as a line of steps, with the time each was reached. */
export function steps(item, stages) {
  const reached = stages.filter((stage) => stage.at)
  const last = reached.at(-1)?.stage
  return h(
    'ol',
    { class: 'steps', 'aria-label': '办理经过' },
    stages
      .filter((stage) => stage.at || item.open)
      .map((stage) =>
        h('li', { class: stage.at ? (stage.stage === last ? 'now' : 'past') : 'ahead' }, [
          h('b', !item.open && stage.stage === 'closed' ? item.state : stage.label),
          h('span', stage.at ? when(stage.at, city.zone) : '还没到这一步'),
        ]),
      ),
  )
}

export function facts(item) {
  const rows = [
    ['地点', `${whereabouts(item.place)}（${item.place.level_label}）`],
    item.department && ['承办单位', item.department],
    ['收到', when(item.received_at, city.zone)],
    item.open
      ? item.expected_at && ['应在此前办结', when(item.expected_at, city.zone)]
      : ['了结', when(item.updated_at, city.zone)],
    ['编号', grouped(item.case_no)],
  ].filter(Boolean)
  return h(
    'dl',
    { class: 'facts' },
    rows.flatMap(([name, value]) => [h('dt', name), h('dd', value)]),
  )
}

export const CaseCard = {
  props: { item: Object, open: Boolean },
  emits: ['toggle'],
  setup(props, { emit }) {
    const stages = ref(null)
    const problem = ref('')
    watch(
      () => props.open,
      async (open) => {
        if (!open || stages.value) return
        problem.value = ''
        try {
          stages.value = await stagesOf(props.item.case_no)
        } catch (error) {
          problem.value = error.detail ?? '读取没有成功，请稍后再试。'
        }
      },
      { immediate: true },
    )
    return () => {
      const { item, open } = props
      const id = `case-${item.case_no}`
      return h('li', { class: { card: true, open }, id }, [
        h('button', { class: 'card-head', 'aria-expanded': open, 'aria-controls': `${id}-more`, onClick: () => emit('toggle') }, [
          h('span', { class: 'card-top' }, [h('b', item.category.name), badge(item)]),
          h('span', { class: 'card-where' }, whereabouts(item.place)),
          item.text ? h('span', { class: 'card-text' }, item.text) : null,
          h('span', { class: 'card-time' }, `${ago(item.received_at)}收到`),
        ]),
        open
          ? h('div', { class: 'card-more', id: `${id}-more` }, [
              facts(item),
              stages.value ? steps(item, stages.value) : h('p', { class: 'quiet' }, problem.value || '正在读取经过…'),
            ])
          : null,
      ])
    }
  },
}
