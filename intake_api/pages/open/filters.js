// Which cases: state, kind, town, time.

import { computed, h } from '../desk/vue.js'
import { city, filters } from './store.js'
import { PERIODS, STATES } from './words.js'

function choice(label, name, options) {
  return h('label', { class: 'choice' }, [
    h('span', label),
    h(
      'select',
      {
        value: filters[name],
        onChange: (event) => {
          filters[name] = event.target.value
        },
      },
      options,
    ),
  ])
}

const option = (value, label) => h('option', { value, selected: undefined }, label)

export const Filters = {
  setup() {
    const kinds = computed(() => Map.groupBy?.(city.categories, (category) => category.division) ?? new Map())
    return () =>
      h('form', { class: 'filters', 'aria-label': '筛选', onSubmit: (event) => event.preventDefault() }, [
        h(
          'div',
          { class: 'states', role: 'group', 'aria-label': '办理情况' },
          STATES.map(({ code, label }) =>
            h(
              'button',
              {
                type: 'button',
                'aria-pressed': filters.state === code,
                onClick: () => {
                  filters.state = code
                },
              },
              label,
            ),
          ),
        ),
        choice('什么事', 'category', [
          option('', '所有事项'),
          ...[...kinds.value].map(([division, categories]) =>
            h(
              'optgroup',
              { label: division, key: division },
              categories.map(({ code, name }) => option(code, name)),
            ),
          ),
        ]),
        choice('街镇', 'town', [
          option('', '全区'),
          ...(city.about?.towns?.features ?? []).map(({ properties }) => option(properties.code, properties.name)),
        ]),
        choice(
          '时间',
          'days',
          PERIODS.map(({ code, label }) => option(code, label)),
        ),
      ])
  },
}
