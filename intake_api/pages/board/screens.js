// Screens on a wall that show the board: hang one, see which hang, take one down. For supervisors.

import { h, onMounted, ref } from '../desk/vue.js'
import { ask } from '../desk/api.js'
import { CopyButton, Sheet, TextField, button, problemNote, skeleton } from '../desk/controls.js'
import { icon } from '../desk/icons.js'
import { ago, shortTime } from '../desk/clock.js'

export const ScreensSheet = {
  emits: ['close'],
  setup(_props, { emit }) {
    const items = ref(null)
    const name = ref('')
    const made = ref(null)
    const problem = ref(null)
    const busy = ref(false)

    /** Do one thing at a time, and look again. */
    async function doing(what) {
      if (busy.value) return
      busy.value = true
      problem.value = null
      try {
        await what()
        items.value = (await ask('GET', '/board/screens')).items
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    onMounted(() => doing(async () => {}))

    function hang(event) {
      event.preventDefault()
      if (name.value.trim().length < 2) return
      doing(async () => {
        made.value = await ask('POST', '/board/screens', { body: { name: name.value.trim() } })
        name.value = ''
      })
    }

    const row = (screen) =>
      h('li', { key: screen.id, class: 'screen-row' }, [
        h('span', null, [
          h('strong', null, screen.name),
          h(
            'small',
            { class: 'quiet' },
            `${screen.last_used_at ? `${ago(screen.last_used_at)}看过` : '还没有打开过'}，${shortTime(screen.ends_at)} 止`,
          ),
        ]),
        button('撤下', {
          disabled: busy.value,
          title: `撤下“${screen.name}”`,
          onClick: () => doing(() => ask('DELETE', `/board/screens/${screen.id}`)),
        }),
      ])

    return () =>
      h(Sheet, { title: '挂大屏', onClose: () => emit('close') }, () => [
        h('p', null, '大屏不用登录，也不会因为没人动而退出；只看得到看板和热点，没有反映人写的话。一年后到期，可以随时撤下。'),
        made.value
          ? [
              h('p', null, '在大屏的浏览器里打开一次这个地址：'),
              h('div', { class: 'one-time' }, [
                h('code', null, made.value.link),
                h(CopyButton, { text: made.value.link, words: '复制地址' }),
              ]),
              h('p', { class: 'note' }, [icon('lock'), h('span', null, '只显示这一次。谁有它，谁就看得到看板。')]),
            ]
          : null,
        h('form', { class: 'hang-screen', onSubmit: hang, novalidate: true }, [
          h(TextField, {
            label: '挂在哪里',
            value: name.value,
            maxlength: 100,
            hint: '如“指挥大厅左屏”。',
            problem: problem.value?.at?.('/name') ?? '',
            onInput: (text) => {
              name.value = text
            },
          }),
          button('挂一块', {
            look: 'primary',
            type: 'submit',
            busy: busy.value,
            disabled: name.value.trim().length < 2,
          }),
        ]),
        problem.value ? problemNote(problem.value) : null,
        items.value
          ? h(
              'ul',
              { class: 'screen-list', 'aria-label': '挂着的大屏' },
              items.value.length ? items.value.map(row) : h('li', { class: 'quiet' }, '还没有挂着的大屏。'),
            )
          : skeleton(2),
      ])
  },
}
