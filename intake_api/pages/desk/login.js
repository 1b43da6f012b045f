// Signing in. Whatever address was opened stays in the address bar and is shown afterwards.

import { h, nextTick, ref } from './vue.js'
import { icon } from './icons.js'
import { TextField, button } from './controls.js'
import { codeField } from './second_factor.js'
import { session, signIn } from './session.js'

/** A frame for the pages before signing in; the document's body says which page it is (`data-page`). */
export function doorway(children, { wide = false, roomy = false } = {}) {
  return h('main', { class: ['doorway', { wide, roomy }] }, [
    h('div', { class: 'brand' }, [
      h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
      h('strong', null, '一号通'),
      h('span', null, document.body.dataset.page ?? '部门工作台'),
    ]),
    ...[children].flat(),
  ])
}

export const LoginPage = {
  setup() {
    const name = ref('')
    const password = ref('')
    const code = ref('')
    const asked = ref(false)
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
      if (asked.value && !code.value.trim()) {
        problem.value = '请输入验证码。'
        return
      }
      busy.value = true
      problem.value = ''
      try {
        await signIn(name.value.trim(), password.value, code.value.trim())
      } catch (error) {
        code.value = ''
        if (error.code === 'code_required') {
          asked.value = true
        } else {
          problem.value = error.detail
          if (!asked.value) password.value = ''
          await nextTick()
          form.value?.querySelector(asked.value ? '.code-field input' : 'input[type=password]')?.focus()
        }
      } finally {
        busy.value = false
      }
    }
    function back() {
      asked.value = false
      password.value = ''
      problem.value = ''
    }

    const passwordStep = () => [
      h(TextField, {
        label: '姓名',
        key: 'name',
        value: name.value,
        autocomplete: 'username',
        autofocus: true,
        onInput: (text) => {
          name.value = text
        },
      }),
      h(TextField, {
        label: '密码',
        key: 'password',
        type: 'password',
        value: password.value,
        autocomplete: 'current-password',
        onInput: (text) => {
          password.value = text
        },
      }),
      button('登录', { look: 'primary', type: 'submit', busy: busy.value, class: 'whole', key: 'in' }),
      h('p', { class: 'quiet', key: 'help' }, '连续输错 5 次会锁定 15 分钟。忘记密码请找本单位系统管理员。'),
    ]
    const codeStep = () => [
      h('p', { key: 'who' }, [h('strong', null, name.value.trim()), '，请打开手机上的验证器应用。']),
      codeField(
        code.value,
        (text) => {
          code.value = text
        },
        { label: '6 位验证码，或恢复码', autofocus: true },
      ),
      button('登录', { look: 'primary', type: 'submit', busy: busy.value, class: 'whole', key: 'in' }),
      button('换一个账号', { look: 'quiet', class: 'whole', onClick: back, key: 'back' }),
      h('p', { class: 'quiet', key: 'help' }, '手机不在身边就用恢复码；都没有请找安全管理员重置。'),
    ]

    return () =>
      doorway(
        h('form', { class: 'card', ref: form, onSubmit: submit, novalidate: true }, [
          h('h1', null, '登录'),
          session.notice && !problem.value && !asked.value
            ? h('div', { class: 'note', role: 'status' }, [icon('lock'), h('p', null, session.notice)])
            : null,
          problem.value
            ? h('div', { class: 'note bad', role: 'alert' }, [icon('alert'), h('p', null, problem.value)])
            : null,
          ...(asked.value ? codeStep() : passwordStep()),
        ]),
      )
  },
}
