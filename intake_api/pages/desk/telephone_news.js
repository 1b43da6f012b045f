// Residents of a case whom no message reaches, for they telephoned: what they are to be told, and what came of the call.

import { h, shallowReactive, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { button, problemNote } from './controls.js'
import { shortTime } from './clock.js'
import { countWork } from './work.js'

const AGAIN_IN = 120

export const TelephoneNews = {
  props: { number: String, version: Number },
  setup(props) {
    const shown = shallowReactive({ items: [], problem: null, busy: false, revealed: false })
    let way = null

    async function read({ reveal = false } = {}) {
      way?.abort()
      way = new AbortController()
      shown.problem = null
      try {
        const query = reveal ? { reveal: 'true' } : {}
        const { items } = await ask('GET', `/cases/${props.number}/telephone-news`, { query, signal: way.signal })
        Object.assign(shown, { items, revealed: reveal })
      } catch (error) {
        if (!isAbort(error)) shown.problem = error
      }
    }
    watch(() => [props.number, props.version], () => read(), { immediate: true })

    async function called(person, result) {
      shown.busy = true
      try {
        await ask('POST', `/cases/${props.number}/telephone-news/${person.id}`, {
          body: { result, again_in_minutes: AGAIN_IN },
        })
        await read({ reveal: shown.revealed && result !== 'told' })
        countWork()
      } catch (error) {
        shown.problem = error
        // somebody was faster: what is shown is old
        if (error.code === 'nothing_to_tell') await read()
      } finally {
        shown.busy = false
      }
    }

    const tried = (person) =>
      person.attempts
        ? `打过 ${person.attempts} 次没接通${person.not_before ? `，${shortTime(person.not_before)} 后再打` : ''}`
        : ''

    const row = (person) =>
      h('li', { key: person.id, class: 'to-call' }, [
        h('p', null, [
          h('strong', null, person.who === 'reporter' ? '诉求人' : '加入的人'),
          ' ',
          shown.revealed ? h('a', { href: `tel:${person.phone}` }, person.phone) : person.phone,
          ' ',
          h('span', { class: 'quiet' }, tried(person)),
        ]),
        ...person.news.map((each) =>
          h('p', { key: each.at + each.kind }, [each.words, ' ', h('span', { class: 'quiet' }, shortTime(each.at))]),
        ),
        h('div', { class: 'to-call-buttons' }, [
          button('已告知', { look: 'primary', disabled: shown.busy, onClick: () => called(person, 'told') }),
          button('没接通，稍后再打', { disabled: shown.busy, onClick: () => called(person, 'not_reached') }),
        ]),
      ])

    return () =>
      shown.items.length || shown.problem
        ? h('section', { class: 'block', 'aria-label': '电话告知' }, [
            h('h3', null, [
              '电话告知',
              shown.revealed || !shown.items.length
                ? null
                : button('显示号码', { look: 'plain', onClick: () => read({ reveal: true }), title: '查看会记入审计' }),
            ]),
            problemNote(shown.problem, () => read()),
            h('ul', { class: 'to-call-list' }, shown.items.map(row)),
          ])
        : null
  },
}
