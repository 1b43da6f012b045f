// Signing in. Whatever address was opened stays in the address bar and is shown afterwards.

import { h, nextTick, ref } from './vue.js'
import { icon } from './icons.js'
import { TextField, button } from './controls.js'
import { session, signIn } from './session.js'

/** A frame for the pages before signing in. */
export function doorway(children, { wide = false } = {}) {
  return h('main', { class: ['doorway', { wide }] }, [
    h('div', { class: 'brand' }, [
      h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
      h('strong', null, '一号通'),
      h('span', null, '部门工作台'),
    ]),
    ...[children].flat(),
  ])
}

export const LoginPage = {
  setup() {
    const name = ref('')
    const password = ref('')
    const problem = ref('')
    const busy = ref(false)
    const form = ref(null)

    async function submit(event) {
      event.preventDefault()
      if (busy.value) return
      if (!name.value.trim() || !password.value) {
        problem.value = '请填写姓名和密码。'
        return
      }
      busy.value = true
      problem.value = ''
      try {
        await signIn(name.value.trim(), password.value)
      } catch (error) {
        problem.value = error.detail
        password.value = ''
        await nextTick()
        form.value?.querySelector('input[type=password]')?.focus()
      } finally {
        busy.value = false
      }
    }

    return () =>
      doorway(
        h('form', { class: 'card', ref: form, onSubmit: submit, novalidate: true }, [
          h('h1', null, '登录'),
          session.notice && !problem.value
            ? h('div', { class: 'note', role: 'status' }, [icon('lock'), h('p', null, session.notice)])
            : null,
          problem.value
            ? h('div', { class: 'note bad', role: 'alert' }, [icon('alert'), h('p', null, problem.value)])
            : null,
          h(TextField, {
            label: '姓名',
            value: name.value,
            autocomplete: 'username',
            autofocus: true,
            onInput: (text) => {
              name.value = text
            },
          }),
          h(TextField, {
            label: '密码',
            type: 'password',
            value: password.value,
            autocomplete: 'current-password',
            onInput: (text) => {
              password.value = text
            },
          }),
          button('登录', { look: 'primary', type: 'submit', busy: busy.value, class: 'whole' }),
          h('p', { class: 'quiet' }, '连续输错 5 次会锁定 15 分钟。忘记密码请找本单位系统管理员。'),
        ]),
      )
  },
}
