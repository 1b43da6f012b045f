// How a due time was computed, so that anybody can do it again.

import { h } from './vue.js'
import { fullTime } from './clock.js'
import { categoryOf } from './reference.js'

const OF_CATEGORY = /^taxonomy:(\w+)$/

function ruleWords(rule) {
  const code = OF_CATEGORY.exec(rule ?? '')?.[1]
  return code
    ? `分类目录规定的时限（${[code, categoryOf(code)?.name].filter(Boolean).join(' ')}）`
    : rule || '分类目录规定的时限'
}

/** The answer of `…/clock` in words, a line for each day counted. */
export function clockExplanation(clock) {
  if (!clock.due_at) return h('p', { class: 'quiet' }, clock.words)
  const counted = clock.steps
  return h('div', { class: 'arithmetic' }, [
    h('p', null, clock.words),
    h(
      'dl',
      { class: 'facts' },
      [
        h('dt', null, '规则'),
        h('dd', null, ruleWords(clock.rule)),
        h('dt', null, '时限'),
        h('dd', null, clock.limit.words),
        h('dt', null, '起算'),
        h('dd', null, fullTime(clock.started_at)),
        h('dt', null, '到期'),
        h('dd', null, fullTime(clock.due_at)),
        clock.calendar_version
          ? [h('dt', null, '日历版本'), h('dd', null, h('code', null, clock.calendar_version))]
          : null,
      ].flat(),
    ),
    counted.length
      ? h(
          'ol',
          { class: 'steps' },
          counted.map((step) =>
            h('li', { key: step.day, class: { none: !step.seconds } }, [
              h('time', null, step.day),
              h('span', null, step.words),
            ]),
          ),
        )
      : null,
  ])
}
