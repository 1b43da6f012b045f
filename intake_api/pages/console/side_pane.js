// Where it is, what is alike, and what else may help.

import { h } from '../desk/vue.js'
import { skeleton } from '../desk/controls.js'
import { CaseMap } from '../desk/case_map.js'
import { grouped } from '../desk/case_number.js'
import { shortTime } from '../desk/clock.js'
import { STATES } from '../desk/labels.js'
import { categoryOf } from '../desk/reference.js'
import { beside } from './beside.js'
import { form } from './form.js'
import { isCall } from './kinds.js'
import { item, open } from './wire.js'

function similarRow(each) {
  const state = STATES.find(({ code }) => code === each.status)
  return h('li', { key: each.case_no }, [
    h('div', { class: 'similar-head' }, [
      h('a', { href: `/desk/cases/${each.case_no}`, target: '_blank', rel: 'noopener', class: 'number' }, grouped(each.case_no)),
      h('span', { class: ['tag', state?.tone] }, each.status_label),
      each.metres === null ? null : h('span', { class: 'quiet' }, `${each.metres} 米`),
    ]),
    h('p', { class: 'one-line' }, each.description || each.category?.name),
    h('p', { class: 'quiet small' }, [`${shortTime(each.received_at)} · `, each.reasons.map(({ words }) => words).join('，')]),
  ])
}

/** The caller's earlier cases: only for whoever has them on the telephone. */
function earlier() {
  if (beside.earlier === null) return null
  return h('section', { class: 'side-block', 'aria-label': '来电人以前的案件' }, [
    h('h3', null, '来电人以前的案件'),
    beside.earlier.length
      ? h('ul', { class: 'similar' }, beside.earlier.slice(0, 5).map((each) =>
          h('li', { key: each.case_no }, [
            h('div', { class: 'similar-head' }, [
              h('a', { href: `/desk/cases/${each.case_no}`, target: '_blank', rel: 'noopener', class: 'number' }, grouped(each.case_no)),
              h('span', { class: ['tag', STATES.find(({ code }) => code === each.status)?.tone] }, each.status_label),
            ]),
            h('p', { class: 'one-line' }, each.description),
            h('p', { class: 'quiet small' }, shortTime(each.received_at)),
          ]),
        ))
      : h('p', { class: 'quiet' }, '这个号码第一次反映。'),
  ])
}

function articles() {
  if (!beside.articles.length) return null
  return h('section', { class: 'side-block', 'aria-label': '可能用得上的知识' }, [
    h('h3', null, '可能用得上的知识'),
    ...beside.articles.map(({ id, title, answer }) =>
      h('details', { key: id, class: 'article' }, [h('summary', null, title), h('p', null, answer)]),
    ),
  ])
}

export function sidePane() {
  if (!open.id) return h('aside', { class: 'side-pane', 'aria-label': '地图和提示' })
  const { place } = form
  const category = categoryOf(form.fields.category.value)
  return h('aside', { class: 'side-pane', 'aria-label': '地图和提示' }, [
    h('section', { class: 'side-map' }, [
      place && place.lat !== null
        ? h(CaseMap, { location: place })
        : h('p', { class: 'quiet none' }, form.reading ? skeleton(3) : isCall(open.id) ? '还不知道在哪里。来电人说出路名、小区后，这里会显示地图。' : '还不知道在哪里。居民说出路名、小区或发来位置后，这里会显示地图。'),
    ]),
    category
      ? h('section', { class: 'side-block' }, [
          h('h3', null, '这一类'),
          h('p', null, [h('strong', null, category.name), ` · ${category.division}`]),
          h('p', { class: 'quiet' }, `办理时限 ${category.limit.words}`),
          category.urgency === 'emergency' ? h('p', { class: 'bad' }, '紧急：请居民先拨打 110 / 119 / 120。') : null,
        ])
      : null,
    form.more.length
      ? h('section', { class: 'side-block' }, [
          h('h3', null, '还有一个问题'),
          ...form.more.map((part) => h('p', { key: part.start }, `“${part.text}”`)),
          h('p', { class: 'quiet small' }, '第一件登记后，可以接着登记它。'),
        ])
      : null,
    isCall(open.id) ? earlier() : null,
    h('section', { class: 'side-block', 'aria-label': '相似案件' }, [
      h('h3', null, '附近相似的案件'),
      form.similar.length
        ? h('ul', { class: 'similar' }, form.similar.map(similarRow))
        : h('p', { class: 'quiet' }, '没有找到。'),
    ]),
    articles(),
    item.value?.case_nos?.length
      ? h('section', { class: 'side-block' }, [
          h('h3', null, '这次已登记'),
          ...item.value.case_nos.map((number) =>
            h('p', { key: number }, h('a', { href: `/desk/cases/${number}`, target: '_blank', rel: 'noopener', class: 'number' }, grouped(number))),
          ),
        ])
      : null,
  ])
}
