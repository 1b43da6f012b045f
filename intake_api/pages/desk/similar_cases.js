// Other reports of what may be the same thing: those merged or following, and those that are alike.

import { h } from './vue.js'
import { button } from './controls.js'
import { shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { link } from './router.js'
import { caseAddress } from './queue.js'
import { stateTag } from './case_tags.js'

const numberLink = (number) => link(caseAddress(number), { class: 'number' }, grouped(number))

/** Who else reported it: followers counted, merged cases by number. */
export function otherReporters(item, events) {
  const merged = (events ?? []).filter(({ kind }) => kind === 'took_in').map(({ data }) => data.case)
  if (!item.followers && !merged.length && !item.merged_into && !item.repeat_of && !item.urges) return null
  return h('ul', { class: 'others' }, [
    item.merged_into ? h('li', null, ['已并入 ', numberLink(item.merged_into), '，办理情况看那一件。']) : null,
    item.followers ? h('li', null, `另有 ${item.followers} 人加入，办结时一并告知`) : null,
    item.urges ? h('li', null, `催办 ${item.urges} 次`) : null,
    ...merged.map((number) => h('li', { key: number }, ['并入 ', numberLink(number)])),
    item.repeat_of ? h('li', null, ['同一地点同一问题曾结案：', numberLink(item.repeat_of)]) : null,
  ])
}

/** Cases that are alike, the most alike first. `onMerge` is given when the open case can be merged. */
export function similarCases(items, onMerge) {
  return h(
    'ul',
    { class: 'similar' },
    items.map((each) =>
      h('li', { key: each.case_no }, [
        h('div', { class: 'saying-head' }, [
          numberLink(each.case_no),
          h('strong', null, each.category?.name ?? '未分类'),
          stateTag(each.status),
          h('span', { class: 'quiet' }, each.metres === null ? '' : `${each.metres} 米`),
          h('time', { class: 'quiet', datetime: each.received_at }, shortTime(each.received_at)),
        ]),
        each.description ? h('p', { class: 'one-line' }, each.description) : null,
        h('p', { class: 'quiet' }, [
          `相似 ${each.score} 分`,
          each.reasons?.length ? `：${each.reasons.map(({ words }) => words).join('，')}` : '',
        ]),
        onMerge && each.is_open ? button('并入这件', { look: 'quiet', onClick: () => onMerge(each.case_no) }) : null,
      ]),
    ),
  )
}
