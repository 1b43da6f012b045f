// Whose is it? What both sides said, what the rules say and what was ruled before, side by side, for who decides.

import { h, onMounted, ref } from './vue.js'
import { askIfOffered } from './api.js'
import { departmentName } from './reference.js'
import { shortTime } from './clock.js'

/** What was said on each side of a case that came back. */
export function sides(events) {
  return {
    returns: events.filter(({ kind }) => kind === 'returned'),
    dispatches: events.filter(({ kind }) => kind === 'dispatched'),
    rulings: events.filter(({ kind }) => kind === 'adjudicated'),
  }
}

const RULE_OF_ALL = [/^\* ×/, '全部分类 ×']
export const ruleWords = (rule) => rule.replace(...RULE_OF_ALL).replace(/× \*$/, '× 全区')

function saying(event, who, words) {
  return h('li', { key: event.seq }, [
    h('div', { class: 'saying-head' }, [
      h('strong', null, who),
      h('span', { class: 'quiet' }, event.actor?.name),
      h('time', { class: 'quiet', datetime: event.at }, shortTime(event.at)),
    ]),
    h('p', { class: words ? 'event-reason' : 'quiet' }, words || '没有写理由'),
  ])
}

function side(title, list, none) {
  return h('section', { class: 'side' }, [
    h('h4', null, title),
    list.length ? h('ol', { class: 'sayings' }, list) : h('p', { class: 'quiet' }, none),
  ])
}

const dispatchWords = ({ reason, data }) =>
  reason ||
  [
    data?.automatic ? '按职责表自动派遣' : '',
    data?.basis ? `依据：${data.basis}` : '',
    data?.responsibility_rule ? `规则 ${ruleWords(data.responsibility_rule)}` : '',
  ]
    .filter(Boolean)
    .join('，')

/** Departments that may be meant: those that had the case, the one of the matrix, the town's own; each with why. */
export function proposedDepartments(item, events, weighed) {
  const { dispatches, returns } = sides(events)
  const proposed = new Map()
  const add = (id, why) => id && !proposed.has(id) && proposed.set(id, { id, name: departmentName(id), why })
  add(weighed?.lead?.id, '职责表')
  for (const candidate of weighed?.candidates ?? []) add(candidate.lead?.id, candidate.basis)
  for (const { data } of dispatches) add(data?.department, '派遣过')
  for (const { data } of returns) add(data?.department, '退过单')
  return [...proposed.values()].slice(0, 5)
}

/** What the matrix says of a case, or null where the server does not tell. */
export function weigh(item) {
  const query = { category: item.category?.code, town: item.location?.town_code }
  return query.category ? askIfOffered('/responsibility/dry-run', { query }).catch(() => null) : Promise.resolve(null)
}

/** `weighed`: what the matrix says. */
export const RulingView = {
  props: { item: Object, events: Array, weighed: Object },
  setup(props) {
    const earlier = ref([])
    onMounted(async () => {
      const query = { category: props.item.category?.code, area: props.item.location?.town_code, basis: '指定' }
      if (!query.category) return
      const answer = await askIfOffered('/responsibility', { query }).catch(() => null)
      earlier.value = answer?.items ?? []
    })

    function rules() {
      const { weighed, item } = props
      if (weighed)
        return [
          h('p', null, weighed.words),
          h(
            'ul',
            { class: 'weighed' },
            weighed.candidates.map((one, i) =>
              h('li', { key: i, class: { wins: one.wins } }, [
                h('strong', null, one.lead?.name ?? one.name),
                h('span', { class: 'quiet' }, `（${one.basis}）${one.words}`),
              ]),
            ),
          ),
        ]
      const last = sides(props.events).dispatches.findLast(({ data }) => data?.responsibility_rule)
      return last
        ? h(
            'p',
            null,
            `${departmentName(last.data.department)}：${last.data.basis}，规则 ${ruleWords(last.data.responsibility_rule)}`,
          )
        : h('p', { class: 'quiet' }, item.category ? '职责表没有说到这件案件。' : '还没有分类，先更正分类。')
    }

    return () => {
      const { returns, dispatches, rulings } = sides(props.events)
      return h('div', { class: 'ruling' }, [
        h('div', { class: 'sides' }, [
          side(
            '部门退单的理由',
            returns.map((event) => saying(event, departmentName(event.data?.department), event.reason)),
            '没有退过单。',
          ),
          side(
            '派遣的理由',
            dispatches.map((event) =>
              saying(event, `派给${departmentName(event.data?.department)}`, dispatchWords(event)),
            ),
            '没有派遣过。',
          ),
        ]),
        h('section', { class: 'side' }, [h('h4', null, '职责表怎么说'), ...[rules()].flat()]),
        rulings.length || earlier.value.length
          ? h('section', { class: 'side' }, [
              h('h4', null, '以前的裁定'),
              h('ol', { class: 'sayings' }, [
                ...rulings.map((event) =>
                  saying(event, `裁定给${departmentName(event.data?.department)}（本案）`, event.reason),
                ),
                ...earlier.value.map((rule) =>
                  h('li', { key: `rule-${rule.id}` }, [
                    h('div', { class: 'saying-head' }, [
                      h('strong', null, `${rule.category_name} × ${rule.area_name} → ${rule.lead.name}`),
                      h('span', { class: 'quiet' }, rule.case_no ? `案件 ${rule.case_no}` : ''),
                    ]),
                    rule.reason ? h('p', { class: 'event-reason' }, rule.reason) : null,
                  ]),
                ),
              ]),
            ])
          : null,
      ])
    }
  },
}
