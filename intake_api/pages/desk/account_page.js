// One's own account: password, second factor, sessions. And the page for what is due before anything else.

import { h, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { TextField, button, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'
import { roleLabel } from './labels.js'
import { doorway } from './login.js'
import { pairGood, passwordPair } from './passwords.js'
import { Enrolment, RecoveryCodes, codeField, isCode } from './second_factor.js'
import { renew, session, signOut } from './session.js'

/** Change one's own password; emits `done`. */
const PasswordForm = {
  emits: ['done'],
  setup(_props, { emit }) {
    const entry = reactive({ old: '', password: '', again: '' })
    const problem = ref(null)
    const busy = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || !entry.old || !pairGood(entry, session.staff.name)) return
      busy.value = true
      problem.value = null
      try {
        await ask('PUT', '/account/password', { body: { old: entry.old, new: entry.password } })
        entry.old = entry.password = entry.again = ''
        emit('done')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    return () =>
      h('form', { class: 'own-form', onSubmit: submit, novalidate: true }, [
        // browsers keep a password together with the name in the same form
        h('input', {
          class: 'hidden',
          type: 'text',
          autocomplete: 'username',
          value: session.staff.name,
          readonly: true,
          tabindex: -1,
          'aria-hidden': 'true',
        }),
        h(TextField, {
          label: '现在的密码',
          type: 'password',
          value: entry.old,
          autocomplete: 'current-password',
          problem: problem.value?.at('/old') ?? '',
          onInput: (text) => {
            entry.old = text
          },
        }),
        ...passwordPair(entry, session.staff.name, 'own-rules', problem.value?.at('/new') ?? '', '新密码'),
        problem.value && !problem.value.at('/old') && !problem.value.at('/new') ? problemNote(problem.value) : null,
        button('换密码', {
          look: 'primary',
          type: 'submit',
          busy: busy.value,
          disabled: !entry.old || !pairGood(entry, session.staff.name),
        }),
      ])
  },
}

/** For those who have a second factor: new recovery codes, or doing without it where that is allowed. */
const CodeForm = {
  props: { path: String, words: String, look: String },
  emits: ['done'],
  setup(props, { emit }) {
    const code = ref('')
    const problem = ref(null)
    const busy = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || !isCode(code.value)) return
      busy.value = true
      problem.value = null
      try {
        emit('done', await ask('POST', props.path, { body: { code: code.value } }))
      } catch (error) {
        problem.value = error
      } finally {
        code.value = ''
        busy.value = false
      }
    }
    return () =>
      h('form', { class: 'code-form', onSubmit: submit, novalidate: true }, [
        codeField(
          code.value,
          (text) => {
            code.value = text
          },
          { problem: problem.value?.detail ?? '', label: '手机上的 6 位验证码', autofocus: true },
        ),
        button(props.words, { look: props.look, type: 'submit', busy: busy.value, disabled: !isCode(code.value) }),
      ])
  },
}

/** What must be done before anything else. */
export const DutyPage = {
  setup() {
    const problem = ref(null)
    // kept while recovery codes are shown: the server regards the duty as done then
    const duty = ref(session.duties.includes('change_password') ? 'change_password' : 'enrol')
    async function next() {
      problem.value = null
      try {
        await renew()
        duty.value = session.duties[0] ?? ''
      } catch (error) {
        problem.value = error
      }
    }
    return () =>
      doorway(
        h('section', { class: 'card' }, [
          h('h1', null, duty.value === 'enrol' ? '启用双因素登录' : '更换密码'),
          h(
            'p',
            null,
            duty.value === 'enrol'
              ? `${session.staff.name}，您的角色（${session.staff.roles.map(roleLabel).join('、')}）权限较大，除密码外还要手机上的验证码。设好之前不能做别的。`
              : `${session.staff.name}，您的密码已满 90 天，或安全管理员要求更换。换好之前不能做别的。`,
          ),
          duty.value === 'enrol' ? h(Enrolment, { onDone: next }) : h(PasswordForm, { onDone: next }),
          problemNote(problem.value, next),
          button('退出登录', { look: 'quiet', onClick: () => signOut() }),
        ]),
        { wide: false, roomy: duty.value === 'enrol' },
      )
  },
}

/** The name of a browser and its system, as far as it tells. */
function browserWords(agent) {
  const browser = [
    [/MicroMessenger/, '微信'],
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ].find(([pattern]) => pattern.test(agent))?.[1]
  const system = [
    [/Windows/, 'Windows'],
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Mac OS/, 'macOS'],
    [/Linux/, 'Linux'],
  ].find(([pattern]) => pattern.test(agent))?.[1]
  return [browser ?? '其他程序', system].filter(Boolean).join(' · ')
}

/** Sessions as a list; `end` is called with one to end, or is left out. */
export function sessionList(items, end) {
  return h(
    'ul',
    { class: 'sessions' },
    items.map((item) =>
      h('li', { key: item.id }, [
        h('div', { class: 'session-words' }, [
          h('strong', { title: item.agent }, browserWords(item.agent)),
          item.present ? h('span', { class: 'tag done' }, '本机') : null,
          h('span', { class: 'quiet' }, [
            `${item.address || '地址不详'} · 登录 `,
            h('time', { title: fullTime(item.started_at) }, shortTime(item.started_at)),
            ' · 最近使用 ',
            h('time', { title: fullTime(item.last_seen_at) }, ago(item.last_seen_at)),
          ]),
        ]),
        end && !item.present ? button('结束', { onClick: () => end(item) }) : null,
      ]),
    ),
  )
}

export const AccountPage = {
  setup() {
    const account = ref(null)
    const sessions = ref(null)
    const problem = ref(null)
    const doing = ref('')
    const codes = ref(null)
    const changed = ref(false)
    async function look() {
      problem.value = null
      try {
        const [own, open] = await Promise.all([ask('GET', '/account'), ask('GET', '/account/sessions')])
        account.value = own
        sessions.value = open.items
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(look)
    function open(what) {
      doing.value = what
      changed.value = false
    }
    async function passwordChanged() {
      doing.value = ''
      changed.value = true
      await look()
    }
    async function factorDone(answer) {
      doing.value = ''
      codes.value = answer?.codes ?? null
      await look()
    }
    async function end(item) {
      problem.value = null
      try {
        await ask('DELETE', `/account/sessions/${item.id}`)
      } catch (error) {
        problem.value = error
      }
      await look()
    }
    function passwordBlock({ password }) {
      return h('section', { class: 'card own-block' }, [
        h('h2', null, '密码'),
        changed.value
          ? h('div', { class: 'note', role: 'status' }, [icon('check'), h('p', null, '密码已更换，其他地方的登录已结束。')])
          : null,
        h('p', { class: 'quiet' }, [
          `${shortTime(password.set_at)} 设置，`,
          h('time', { title: fullTime(password.expires_at) }, `${shortTime(password.expires_at)} 到期`),
          '。每 90 天换一次，最近 5 次用过的不能再用。',
        ]),
        doing.value === 'password'
          ? h(PasswordForm, { onDone: passwordChanged })
          : h('div', { class: 'form-do' }, button('换密码', { onClick: () => open('password') })),
      ])
    }
    function factorBlock({ second_factor: factor }) {
      const forms = {
        enrol: () => h(Enrolment, { onDone: () => factorDone(null) }),
        renew: () =>
          h(CodeForm, { path: '/account/recovery-codes', words: '生成新的恢复码', look: 'primary', onDone: factorDone }),
        remove: () =>
          h(CodeForm, {
            path: '/account/second-factor/remove',
            words: '停用双因素',
            look: 'primary',
            onDone: () => factorDone(null),
          }),
      }
      return h('section', { class: 'card own-block' }, [
        h('h2', null, [
          '双因素登录 ',
          factor.enrolled ? h('span', { class: 'tag done' }, '已启用') : h('span', { class: 'tag off' }, '未启用'),
        ]),
        h(
          'p',
          { class: 'quiet' },
          factor.enrolled
            ? `${shortTime(factor.since)} 启用，还剩 ${factor.recovery_codes_left} 个恢复码。${factor.compulsory ? '您的角色必须使用；换手机请安全管理员重置。' : ''}`
            : '除密码外再用手机上的验证码登录，密码被人知道了也进不来。您的角色可以自愿启用。',
        ),
        codes.value
          ? h(RecoveryCodes, {
              codes: codes.value,
              onDone: () => {
                codes.value = null
              },
            })
          : (forms[doing.value]?.() ??
            h(
              'div',
              { class: 'form-do' },
              factor.enrolled
                ? [
                    button('换恢复码', { onClick: () => open('renew') }),
                    factor.compulsory ? null : button('停用', { onClick: () => open('remove') }),
                  ]
                : button('启用', { onClick: () => open('enrol') }),
            )),
      ])
    }
    return () =>
      h('main', { class: 'page own' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '我的账号'),
          h(
            'span',
            { class: 'quiet' },
            [session.staff.name, ...session.staff.roles.map(roleLabel), session.staff.department?.name]
              .filter(Boolean)
              .join(' · '),
          ),
        ]),
        problemNote(problem.value, look),
        !account.value && !problem.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        account.value ? passwordBlock(account.value) : null,
        account.value ? factorBlock(account.value) : null,
        sessions.value
          ? h('section', { class: 'card own-block' }, [
              h('h2', null, '登录会话'),
              h('p', { class: 'quiet' }, '不认识的就结束它，并马上换密码。'),
              sessionList(sessions.value, end),
            ])
          : null,
      ])
  },
}
