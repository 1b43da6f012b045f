// Setting up the second factor: scan, type the code, keep the recovery codes.

import { h, onMounted, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { CopyButton, TextField, button, problemNote, skeleton } from './controls.js'

/** Six digits as phones show them, with or without a gap. */
export const isCode = (text) => /^\d{6}$/.test(text.replace(/\s/g, ''))

/** A field for the code of the phone. */
export function codeField(value, onInput, { problem = '', label = '6 位验证码', hint = '', autofocus = false } = {}) {
  return h(TextField, {
    label,
    value,
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 20,
    class: 'code-field',
    autofocus,
    problem,
    hint,
    onInput,
  })
}

/** Recovery codes, shown once: to copy, to save, and to confirm that they are kept. */
export const RecoveryCodes = {
  props: { codes: Array, done: { type: String, default: '我已保存好' } },
  emits: ['done'],
  setup(props, { emit }) {
    function save() {
      const text = `一号通恢复码（每个只能用一次）\n\n${props.codes.join('\n')}\n`
      const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
      const anchor = document.createElement('a')
      anchor.href = address
      anchor.download = '一号通恢复码.txt'
      anchor.click()
      setTimeout(() => URL.revokeObjectURL(address), 1_000)
    }
    return () =>
      h('div', { class: 'recovery' }, [
        h('p', null, '手机丢了或不在身边时，用下面任意一个恢复码代替验证码登录。每个只能用一次。'),
        h(
          'ol',
          { class: 'recovery-codes', 'aria-label': '恢复码' },
          props.codes.map((code) => h('li', { key: code }, h('code', null, code))),
        ),
        h('p', { class: 'note' }, [
          icon('lock'),
          h('span', null, '只显示这一次。请抄下或打印后锁好，不要和手机放在一起。'),
        ]),
        h('div', { class: 'form-do' }, [
          h(CopyButton, { text: props.codes.join('\n'), words: '复制' }),
          button('存成文件', { onClick: save }),
          button(props.done, { look: 'primary', onClick: () => emit('done') }),
        ]),
      ])
  },
}

/** Enrolment from the secret to the recovery codes; emits `done` when the codes are kept. */
export const Enrolment = {
  emits: ['done'],
  setup(_props, { emit }) {
    const shown = ref(null)
    const code = ref('')
    const codes = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    async function begin() {
      problem.value = null
      try {
        shown.value = await ask('POST', '/account/second-factor')
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(begin)
    async function confirm(event) {
      event.preventDefault()
      if (busy.value || !isCode(code.value)) return
      busy.value = true
      problem.value = null
      try {
        codes.value = (await ask('POST', '/account/second-factor/confirm', { body: { code: code.value } })).codes
        shown.value = null
      } catch (error) {
        problem.value = error
        code.value = ''
      } finally {
        busy.value = false
      }
    }
    const spaced = (secret) => secret.replace(/(.{4})(?=.)/g, '$1 ')
    return () => {
      if (codes.value) return h(RecoveryCodes, { codes: codes.value, onDone: () => emit('done') })
      if (!shown.value) return problem.value ? problemNote(problem.value, begin) : skeleton(5)
      return h('form', { class: 'enrolment', onSubmit: confirm, novalidate: true }, [
        h('div', { class: 'enrolment-scan' }, [
          // drawn by our own server, from a text of its own making
          h('div', { class: 'qr', innerHTML: shown.value.qr_svg }),
          h('div', { class: 'enrolment-words' }, [
            h('p', null, [h('strong', null, '1. '), '在手机上打开验证器应用（支持 TOTP 的都可以），扫这个二维码。']),
            h('p', { class: 'quiet' }, '不能扫时，在应用里手工输入密钥：'),
            h('div', { class: 'key' }, [
              h('code', null, spaced(shown.value.secret)),
              h(CopyButton, { text: shown.value.secret, words: '复制密钥', small: true }),
            ]),
            h('p', null, [h('strong', null, '2. '), '输入应用里显示的 6 位数字。']),
            codeField(
              code.value,
              (text) => {
                code.value = text
              },
              { problem: problem.value?.at('/code') ?? '', autofocus: true },
            ),
            problem.value && !problem.value.at('/code') ? problemNote(problem.value) : null,
            button('启用', { look: 'primary', type: 'submit', busy: busy.value, disabled: !isCode(code.value) }),
          ]),
        ]),
      ])
    }
  },
}
